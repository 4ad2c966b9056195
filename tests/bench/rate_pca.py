"""The linear rival: clouds brought into one row order, and a PCA of the (N, 3M) matrix, coded as tightly as we can.

Its file is the mean, c components and the scores. Mean and components are rotated by a Haar transform along the k-d
order (neighbours are alike), and all of them rounded with one step in units of the clouds: a component counts by its
spread, so that is the best split of bits between them. Scores are fitted to the rounded components, and rounded so that
they add a sixteenth of their error. Each component's scores are predicted from one or two clouds before, where that
takes fewer bytes: that makes it the classical codec of sequences (Karni and Gotsman 2004, PCA and linear prediction).
Everything is then counted as an adaptive arithmetic coder would write it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from bench_sets import BenchSet, Cloud
from bench_tools import assign_all
from scipy.special import gammaln

from qaadcodec.assignment.reassignment import resolve_leaves
from qaadcodec.assignment.subspaces import paired_subspaces, subspaces
from qaadcodec.config import AssignmentConfig, Request, plan
from qaadcodec.parallel import in_parallel
from qaadcodec.progress import Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.registration.register import register
from qaadcodec.training.start import middle_cloud

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]

KD, GREEDY, REGISTERED, RESOLVED = "k-d order", "Greedy", "registered", "re-solved"
ROUNDS, RESOLVED_LEAF = 6, 256  # of re-solving, in leaves of so many points
HEADER = 16  # bytes: N, M, c and the step
SCALE = 4  # bytes: a step of the scores per component
FINER = 4.0  # the scores' share of the error is this to the minus second power
ROUNDED_UP = 0.4  # of a step; below a half, since zero is cheap
DIRECT = 16  # values below it are symbols of their own; larger ones share one by their leading three bits
COARSE = 64  # rows of a transform, and all coarser ones, that share one model


class AlignedPca:
    """The principal components of a set in one row order."""

    def __init__(self, clouds: BenchSet, order: str, leaf: int, seed: int) -> None:
        """Align the set to its middle cloud, and find all N - 1 components.

        Args:
            order: how equal rows are found, see `bring_into_order`.
            leaf: most points in a subspace of Greedy.
        """
        with clouds.copy() as store:
            bring_into_order(store, order, leaf, seed)
            table = np.array(store.points).reshape(len(store), -1)
        self._count, self._mean = len(table), table.mean(0)
        self._centred = table - self._mean
        scores = unit_scores(self._centred)
        self._basis = scores.T @ self._centred / self._count  # (N - 1, 3M)
        self.spreads = np.sqrt(np.square(self._basis).mean(1))

    def encode(self, components: int, coarseness: float) -> tuple[int, Callable[[int], Cloud]]:
        """Bytes of the whole set with so many components, and what decodes a cloud of it.

        Args:
            coarseness: the step over the spread of the last component.
        """
        spreads = np.maximum(self.spreads[:components], 1e-9)
        step = coarseness * float(spreads[-1])
        rows = np.concatenate([self._mean[None], self._basis[:components]])
        size, rounded = HEADER + SCALE * components, np.empty_like(rows)
        for i, row in enumerate(rows):
            whole = to_whole(haar(row.reshape(-1, 3)), step)
            size += coded_bytes(whole)
            rounded[i] = inverse_haar((whole * step).astype(np.float32)).ravel()
        mean, basis = rounded[0], rounded[1:]
        gram = (basis @ basis.T).astype(np.float64)
        against = ((self._centred + (self._mean - mean)) @ basis.T).astype(np.float64)
        scores = against @ np.linalg.pinv(gram, rcond=1e-9, hermitian=True)
        steps = step / FINER / spreads
        whole = np.rint(scores / steps).astype(np.int64)
        size += sum(sequence_bytes(column) for column in whole.T)
        scores = (whole * steps).astype(np.float32)
        return size, lambda i: (mean + scores[i] @ basis).reshape(-1, 3)


def unit_scores(centred: Floats) -> Floats:
    """Scores of the principal components of the rows of a centred table, largest first, (N, N - 1), of unit spread."""
    values, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64))
    largest = np.argsort(values)[::-1][: len(centred) - 1]
    return (vectors[:, largest] * np.sqrt(len(centred))).astype(np.float32)


def bring_into_order(store: TargetStore, order: str, leaf: int, seed: int) -> None:
    """Permute the rows of every cloud so that equal rows belong together.

    KD splits both trees alike down to single points; GREEDY assigns in leaves of that tree; REGISTERED is what qaad's
    training starts from, with places on the surface for rows whose matches would tear; RESOLVED is Greedy, followed by
    rounds in which each cloud is matched again with what the leading components predict of it.
    """
    if order == REGISTERED:
        count, points, _ = store.points.shape
        with register(store, plan(Request(), count, points), Run(seed=seed)) as found:
            spatial = np.concatenate(subspaces(found.input_cloud, 1))
            for cloud, target in zip(store.each(), found.targets.each(), strict=True):
                cloud[:] = target[spatial]
        return
    middle = np.array(store.points[middle_cloud(store)])
    middle = middle[np.concatenate(subspaces(middle, 1))]
    if order in (GREEDY, RESOLVED):
        assign_all(store, lambda _: middle, AssignmentConfig(greedy_leaf=leaf), seed)
        for turn in range(ROUNDS if order == RESOLVED else 0):
            resolve(store, turn, seed)
        return
    for cloud in store.each():
        pairs = paired_subspaces(middle, np.array(cloud), 1)
        rows, mine = (np.concatenate(side) for side in zip(*pairs, strict=True))
        cloud[rows] = cloud[mine]


def resolve(store: TargetStore, turn: int, seed: int) -> None:
    """Match every cloud again with its PCA, of a quarter of the components and 32 at most; no cloud fits it worse."""
    table = np.array(store.points).reshape(len(store), -1)
    mean = table.mean(0)
    table -= mean
    scores = unit_scores(table)[:, : max(1, min(32, len(store) // 4))]
    basis = scores.T @ table / len(store)

    def one(i: int) -> None:
        cloud = store.points[i]
        predicted = (mean + scores[i] @ basis).reshape(-1, 3).astype(np.float32)
        rng = np.random.default_rng([seed, turn, i])
        cloud[:] = cloud[resolve_leaves(predicted, np.array(cloud), RESOLVED_LEAF, rng)]

    in_parallel(one, range(len(store)))


def haar(rows: Floats) -> Floats:
    """The orthonormal Haar transform along the rows, (M, 3); the mean first, then details from coarse to fine."""
    details = []
    while len(rows) > 1:
        even, odd, left = rows[: len(rows) // 2 * 2 : 2], rows[1::2], rows[len(rows) // 2 * 2 :]
        details.append((even - odd) / np.float32(np.sqrt(2)))
        rows = np.concatenate([(even + odd) / np.float32(np.sqrt(2)), left])
    return np.concatenate([rows, *reversed(details)])


def inverse_haar(values: Floats) -> Floats:
    """What `haar` was given."""
    sizes = [len(values)]
    while sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // 2))
    rows, at = values[:1], 1
    for size in reversed(sizes[:-1]):
        pairs = size // 2
        detail, at = values[at : at + pairs], at + pairs
        merged = np.empty((size, values.shape[1]), np.float32)
        merged[: pairs * 2 : 2] = (rows[:pairs] + detail) / np.float32(np.sqrt(2))
        merged[1 : pairs * 2 : 2] = (rows[:pairs] - detail) / np.float32(np.sqrt(2))
        merged[pairs * 2 :] = rows[pairs:]
        rows = merged
    return rows


def to_whole(values: Floats, step: float) -> Whole:
    """Multiples of the step, with a little more room for zero."""
    scaled = values.astype(np.float64) / step
    return (np.sign(scaled) * np.floor(np.abs(scaled) + ROUNDED_UP)).astype(np.int64)


def sequence_bytes(column: Whole) -> int:
    """Bytes of the scores of one component: as they are, or their first or second differences, whichever are least."""
    differences = [column, np.diff(column, prepend=0), np.diff(np.diff(column, prepend=0), prepend=0)]
    return min(coded_bytes(each[:, None]) for each in differences)


def coded_bytes(whole: Whole) -> int:
    """What an adaptive arithmetic coder makes of the rows of a transform: whole bytes, one more for the alphabet.

    Every level has a model of its own, which starts from nothing and learns from what was coded (Krichevsky and
    Trofimov 1981: counts and a half), so that nothing else is needed to decode. Bits of large values below the leading
    three are stored as they are.
    """
    folded = np.where(whole < 0, -2 * whole - 1, 2 * whole)
    exponent = np.floor(np.log2(np.maximum(folded, 1))).astype(np.int64)
    lower = np.maximum(exponent - 2, 0)
    large = DIRECT + 4 * (exponent - 4) + (folded >> lower) % 4
    symbols, raw = np.where(folded < DIRECT, folded, large), np.where(folded < DIRECT, 0, lower).sum()
    size = int(symbols.max()) + 1
    ends = [len(whole)]
    while ends[-1] > COARSE:
        ends.append(-(-ends[-1] // 2))
    bits = float(raw)
    for first, end in pairwise([0, *reversed(ends)]):
        counts = np.bincount(symbols[first:end].ravel(), minlength=size)
        nats = gammaln(counts.sum() + size / 2) - gammaln(size / 2) - (gammaln(counts + 0.5) - gammaln(0.5)).sum()
        bits += nats / np.log(2)
    return 2 + int(np.ceil(bits / 8))
