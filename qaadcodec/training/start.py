"""Where learning starts: the input cloud, QAAD-Greedy for every cloud, and latents from PCA of what Greedy found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from qaadcodec.assignment.greedy import greedy
from qaadcodec.assignment.linear import cores, in_parallel
from qaadcodec.assignment.patches import split_into_patches
from qaadcodec.assignment.subspaces import subspaces
from qaadcodec.config import AssignmentConfig
from qaadcodec.events import StopRequest
from qaadcodec.training.targets import TargetStore

Array = npt.NDArray[np.float32]

HASTY = 8  # points in a leaf of Greedy when there is no time: little more than an order along the k-d tree
SKETCH = 64  # subspaces whose means describe a cloud when the middle of the set is looked for
PCA_ROWS = 4096  # rows of the input cloud that stand for all of them in the PCA,
PCA_NUMBERS = 1 << 24  # or fewer, so that its table stays at 64 MiB however many clouds there are


def middle_cloud(store: TargetStore) -> int:
    """Index of the cloud nearest the mean of the set, by the means of its k-d subspaces.

    The paper starts the input cloud from a random cloud of the set (section 3.3); the middle one is never an outlier.
    """
    leaf = -(-store.points.shape[1] // SKETCH)
    sketches = np.stack(
        [np.concatenate([cloud[rows].mean(0) for rows in subspaces(cloud, leaf)]) for cloud in store.each()]
    )
    return int(np.square(sketches - sketches.mean(0)).sum(1).argmin())


def initial_input_cloud(store: TargetStore, patches: int) -> Array:
    """Q: the middle cloud of the set, ordered patch by patch; (M, 3) float32."""
    cloud = np.array(store.points[middle_cloud(store)])
    return cloud[split_into_patches(cloud, patches)]


def align(
    store: TargetStore,
    input_cloud: Array,
    config: AssignmentConfig,
    seed: int,
    *,
    predictions: Callable[[int], Array] | None = None,
    seconds: float | None = None,
    stop: StopRequest | None = None,
) -> Iterator[int]:
    """Bring every cloud into the row order of Q, by QAAD-Greedy or at random; yields how many are done.

    A core takes a cloud at a time. Each cloud draws from a generator of its own, so the result does not depend on the
    order of the work. Where that would take too long, the leaves of Greedy are halved again and again, down to HASTY
    points.

    Args:
        predictions: gives P̂ (M, 3) of a cloud, in the row order of Q, which Greedy then matches instead of Q itself
            (Algorithm 1); called from several threads. Before anything is learnt, Q stands for all predictions.
        seconds: time for all of it; None for as long as it takes.
        stop: the rest is done hastily once it is set.
    """
    leaf, started = config.greedy_leaf, time.monotonic()

    def bring(i: int) -> None:
        cloud, rng = store.points[i], np.random.default_rng([seed, 1, i])
        if config.greedy:
            predicted = input_cloud if predictions is None else predictions(i)
            order = greedy(predicted, cloud, HASTY if stop else leaf, rng)
        else:
            order = rng.permutation(len(cloud))
        cloud[:] = cloud[order]
        store.touched(1)

    for first in range(0, len(store), cores()):
        leaf = fitting_leaf(leaf, first, len(store), time.monotonic() - started, seconds)
        group = range(first, min(first + cores(), len(store)))
        in_parallel(bring, group)
        yield from (i + 1 for i in group)


def fitting_leaf(leaf: int, done: int, total: int, used: float, seconds: float | None) -> int:
    """The leaf of Greedy for the next clouds: half of the last one where at this pace `seconds` do not suffice."""
    late = seconds is not None and done > 0 and used * (total - done) > (seconds - used) * done
    return max(leaf // 2, HASTY) if late else leaf


def pca_latents(store: TargetStore, size: int, seed: int) -> Array:
    """Latents to start from: the leading principal components of the aligned clouds, (N, l) float32.

    Scaled so that the first one has unit standard deviation. Sets of one shape vary along few directions, and a
    network that is told them from the start learns faster than from random latents.

    Args:
        size: l; components beyond the rank of the set are nought.
    """
    clouds, points, _ = store.points.shape
    few = min(points, PCA_ROWS, max(64, PCA_NUMBERS // (3 * clouds)))
    rows = np.linspace(0, points, few, endpoint=False).astype(np.int64)
    table = np.empty((clouds, len(rows) * 3), np.float32)
    for i, cloud in enumerate(store.each()):
        table[i] = cloud[rows].ravel()
    table -= table.mean(0)
    basis = range_finder(table, min(size + 8, clouds), seed)
    left, singular, _ = np.linalg.svd(basis.T @ table, full_matrices=False)
    scores = (basis @ left)[:, :size] * singular[:size]
    # The sign of a component is a matter of the library; ours makes its largest entry positive.
    scores *= np.sign(scores[np.abs(scores).argmax(0), np.arange(scores.shape[1])] + 1e-30)
    latents = np.zeros((clouds, size), np.float32)
    spread = float(scores[:, 0].std())
    if spread > 0:
        latents[:, : scores.shape[1]] = scores / spread
    return latents


def range_finder(table: Array, rank: int, seed: int) -> Array:
    """An orthonormal basis of the leading left singular vectors, (N, rank) (Halko et al. 2011, algorithm 4.4)."""
    rng = np.random.default_rng([seed, 2])
    basis = np.linalg.qr(table @ rng.standard_normal((table.shape[1], rank), np.float32))[0]
    for _ in range(4):
        basis = np.linalg.qr(table @ (table.T @ basis))[0]
    return np.asarray(basis, np.float32)
