"""Patches of points with whole coordinates, coded as sets (formats/qaad-1.md, "Points").

All patches go down one k-d tree together, an octave at a time, each octave halving x, y and z. A node is a cell, a
patch and the number of its points there; what is coded is how many of them lie in the lower half. The points known so
far give each node slopes of the density (point_contexts.py); these and the number of points choose a table of
frequencies, and the tables learn from what they have coded (point_tables.py).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

import constriction
import numpy as np
import numpy.typing as npt

from qaadcodec.archive.coding.ans import INITIAL, is_spent, open_stream, stream_bytes
from qaadcodec.archive.coding.points.contexts import FEATURES, ONE, Ints, Surroundings
from qaadcodec.archive.coding.points.tables import GROUPS, WEIGHT_ONE, Tables, group_of
from qaadcodec.errors import ArchiveError, UsageError

HEADER = struct.Struct(f"<3B3i{GROUPS * FEATURES}b")
MAX_BITS = 20  # of a coordinate above the least one; a cell's key has 21 bits an axis
TABLE = constriction.stream.model.Categorical(perfect=False)
UNIFORM = constriction.stream.model.Uniform()


class Split(NamedTuple):
    """Nodes about to be halved along one axis.

    Attributes:
        axis, bit: the coordinate and its bit that says in which half a point lies.
        counts: points of each node, (n,).
        features: slopes of the density at each node, (FEATURES, n).
    """

    axis: int
    bit: int
    counts: Ints
    features: Ints


def encode_points(integers: npt.NDArray[np.int32], sizes: npt.NDArray[np.int64]) -> bytes:
    """Points (M, 3) int32 in patches of `sizes` (K,) as bytes; UsageError where an axis spans 2^20 or more."""
    origin = integers.min(axis=0).astype(np.int64)
    bits = _bits(integers)
    points = integers[canonical_order(integers, sizes)].astype(np.int64) - origin
    splits: list[tuple[Split, Ints]] = []

    def look(split: Split) -> Ints:
        starts = np.cumsum(split.counts) - split.counts
        low = np.add.reduceat(~(points[:, split.axis] >> split.bit) & 1, starts)
        splits.append((split, low))
        return low

    _descend(sizes, bits, look)
    weights = _fit(splits)
    tables = Tables(weights)
    calls: list[tuple[npt.NDArray[np.int32], object, npt.NDArray[np.float64] | npt.NDArray[np.int32]]] = []
    for split, low in splits:
        contexts = tables.contexts(split.counts, split.features)
        symbols, rest = contexts.symbols(low)
        widths = contexts.widths(symbols)
        calls += [
            (symbols[part].astype(np.int32), TABLE, tables.probabilities(contexts, part, size))
            for part, size in contexts.parts
        ]
        if len(widths):
            calls.append((rest.astype(np.int32), UNIFORM, widths.astype(np.int32)))
        tables.learn(contexts, symbols)
    coder = constriction.stream.stack.AnsCoder(INITIAL)
    for coded, family, parameters in reversed(calls):
        coder.encode_reverse(coded, family, parameters)
    return HEADER.pack(*bits, *origin.tolist(), *weights.reshape(-1).tolist()) + stream_bytes(coder)


def decode_points(data: bytes | memoryview, sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Points (M, 3) int32 in canonical order; ArchiveError for bytes that are not such a coding of these patches."""
    data = bytes(data)
    if len(data) <= HEADER.size or data[-1] == 0:
        raise ArchiveError(f"coded points of {len(data)} bytes are cut short, or end in a zero byte")
    header = HEADER.unpack_from(data)
    bits, origin = header[:3], np.array(header[3:6], dtype=np.int64)
    if max(bits) > MAX_BITS:
        raise ArchiveError(f"coded points have {max(bits)} bits an axis, and may have {MAX_BITS}")
    weights = np.array(header[6:], dtype=np.int64).reshape(GROUPS, FEATURES)
    coder = open_stream(data[HEADER.size :])
    tables = Tables(weights)

    def read(split: Split) -> Ints:
        contexts = tables.contexts(split.counts, split.features)
        symbols = np.empty(len(split.counts), dtype=np.int64)
        for part, size in contexts.parts:
            symbols[part] = coder.decode(TABLE, tables.probabilities(contexts, part, size))
        widths = contexts.widths(symbols)
        rest = coder.decode(UNIFORM, widths.astype(np.int32)) if len(widths) else widths
        low = contexts.low(symbols, rest)
        if np.any((low < 0) | (low > split.counts)):
            raise ArchiveError("coded points put more points into half a cell than are in the cell")
        tables.learn(contexts, symbols)
        return low

    cells, counts = _descend(sizes, bits, read)
    if not is_spent(coder):
        raise ArchiveError(
            f"coded points of {len(data)} bytes do not end with the last point: "
            f"{coder.num_valid_bits()} bits are left, and 1 should be"
        )
    points = np.repeat(cells.T, counts, axis=0) + origin
    if points.max() > np.iinfo(np.int32).max:
        raise ArchiveError(f"a coded coordinate is {points.max()}, beyond 32 bits")
    return points.astype(np.int32)


def canonical_order(integers: npt.NDArray[np.int32], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The order (M,) in which points (M, 3) come back: patch by patch, and in a patch as the tree has its cells.

    UsageError where an axis spans 2^20 or more.
    """
    points = integers.astype(np.int64) - integers.min(axis=0)
    path = np.zeros(len(points), dtype=np.int64)
    for bit in reversed(range(max(_bits(integers)))):
        for axis in range(3):
            path = path << 1 | points[:, axis] >> bit & 1
    return np.lexsort((path, np.repeat(np.arange(len(sizes)), sizes)))


def _bits(integers: npt.NDArray[np.int32]) -> list[int]:
    """Bits that each axis needs above its least coordinate; UsageError beyond MAX_BITS."""
    extents = integers.max(axis=0).astype(np.int64) - integers.min(axis=0)
    bits = [int(extent).bit_length() for extent in extents]
    if max(bits) > MAX_BITS:
        raise UsageError(f"coordinates span {extents.max()} steps, and may span {(1 << MAX_BITS) - 1}")
    return bits


def _descend(
    sizes: npt.NDArray[np.int64], bits: list[int] | tuple[int, ...], halve: Callable[[Split], Ints]
) -> tuple[Ints, Ints]:
    """Cells (3, n) of one step's width and their points (n,), in canonical order.

    `halve` gets the nodes of each split and tells how many points of each are in the lower half.
    """
    counts, patches = sizes.astype(np.int64), np.arange(len(sizes))
    cells = np.zeros((3, len(sizes)), dtype=np.int64)
    around = Surroundings(len(sizes), int(sizes.sum()))
    for bit in reversed(range(max(bits))):
        around.start_octave(cells, patches, counts)
        for axis in range(3):
            if bit >= bits[axis]:
                cells[axis] *= 2
                around.skip(axis)
                continue
            low = halve(Split(axis, bit, counts, around.features(axis)))
            both = np.stack([low, counts - low], axis=1).reshape(-1)
            child = np.flatnonzero(both)
            parent, upper = child >> 1, child & 1
            counts, patches, cells = both[child], patches[parent], cells[:, parent]
            cells[axis] = 2 * cells[axis] + upper
            around.split(axis, parent, upper)
    return cells, counts


def _fit(splits: list[tuple[Split, Ints]]) -> Ints:
    """Weights of the features (GROUPS, FEATURES), by logistic regression; any would decode."""
    weights = np.zeros((GROUPS, FEATURES))
    if not splits:
        return weights.astype(np.int64)
    counts = np.concatenate([split.counts for split, _ in splits])
    upper = counts - np.concatenate([low for _, low in splits])
    features = np.concatenate([split.features for split, _ in splits], axis=1).T / ONE
    for group in range(GROUPS):
        member = group_of(counts) == group
        f, u, w = features[member], upper[member], weights[group]
        n = counts[member].astype(np.float64)
        scale = (32 + n) / (32 + n * n)  # the points of a node depend on each other, and tell less than so many alone
        for _ in range(8):
            p = 1 / (1 + np.exp(-np.clip(f @ w, -20, 20)))
            gradient = f.T @ ((u - n * p) * scale) - 4 * w
            hessian = (f * (scale * n * p * (1 - p))[:, None]).T @ f + 4 * np.eye(FEATURES)
            w = w + np.linalg.solve(hessian, gradient)
        weights[group] = w
    stored: Ints = np.clip(np.rint(weights * WEIGHT_ONE), -127, 127).astype(np.int64)
    return stored
