"""Patches of points with whole coordinates, coded as sets (formats/qaad-1.md, "Points").

What is coded is how many points of each node of a tree lie in the lower half of its cell (tree.py). The points known so
far give each node slopes of the density (surroundings.py). These and the number of points choose a row of frequencies,
and the rows learn from what they have coded (adaptive_tables.py).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import constriction
import numpy as np

from qaadcodec.archive.coding.ans import INITIAL, is_spent, open_stream, stream_bytes
from qaadcodec.archive.coding.points.adaptive_tables import AdaptiveTables
from qaadcodec.archive.coding.points.slope_weights import GROUPS, fit_weights
from qaadcodec.archive.coding.points.surroundings import FEATURES
from qaadcodec.archive.coding.points.tree import MAX_BITS, Split, bits_of, canonical_order, descend
from qaadcodec.arrays import Integers, Ints, Longs
from qaadcodec.errors import ArchiveError

HEADER = struct.Struct(f"<3B3i{GROUPS * FEATURES}b")  # bits of each axis, least coordinates, weights of the slopes
TABLE = constriction.stream.model.Categorical(perfect=False)
UNIFORM = constriction.stream.model.Uniform()


def encode_points(integers: Ints, sizes: Longs) -> bytes:
    """Points (M, 3) in patches of these sizes (K,) as bytes; their order within a patch is not kept.

    Raises:
        UsageError: the coordinates of an axis span 2^20 or more.
    """
    origin = integers.min(axis=0).astype(np.int64)
    bits = bits_of(integers)
    points = integers[canonical_order(integers, sizes)].astype(np.int64) - origin
    splits: list[tuple[Split, Integers]] = []

    def look(split: Split) -> Integers:
        starts = np.cumsum(split.counts) - split.counts
        low = np.add.reduceat(~(points[:, split.axis] >> split.bit) & 1, starts)
        splits.append((split, low))
        return low

    descend(sizes, bits, look)
    weights = _fitted(splits)
    tables = AdaptiveTables(weights)
    calls: list[tuple[Ints, Any, Any]] = []  # symbols, model, its parameters
    for split, low in splits:
        contexts = tables.contexts(split.counts, split.features)
        symbols, rest = contexts.symbols(low)
        widths = contexts.rests(symbols).widths
        calls += [
            (symbols[part].astype(np.int32), TABLE, tables.probabilities(contexts, part, size))
            for part, size in contexts.parts
        ]
        if len(widths):
            calls.append((rest.astype(np.int32), UNIFORM, widths.astype(np.int32)))
        tables.learn(contexts, symbols)
    coder = constriction.stream.stack.AnsCoder(INITIAL)
    for coded, model, parameters in reversed(calls):
        coder.encode_reverse(coded, model, parameters)
    return HEADER.pack(*bits, *origin.tolist(), *weights.reshape(-1).tolist()) + stream_bytes(coder)


def decode_points(data: bytes | memoryview, sizes: Longs) -> Ints:
    """Points (M, 3) int32 in patches of these sizes (K,), in canonical order.

    Raises:
        ArchiveError: the bytes do not code such patches.
    """
    data = bytes(data)
    if len(data) <= HEADER.size or data[-1] == 0:
        raise ArchiveError(f"coded points of {len(data)} bytes are cut short, or end in a zero byte")
    header = HEADER.unpack_from(data)
    bits, origin = header[:3], np.array(header[3:6], dtype=np.int64)
    if max(bits) > MAX_BITS:
        raise ArchiveError(f"coded points have {max(bits)} bits an axis, and may have {MAX_BITS}")
    tables = AdaptiveTables(np.array(header[6:], dtype=np.int64).reshape(GROUPS, FEATURES))
    coder = open_stream(data[HEADER.size :])

    def read(split: Split) -> Integers:
        contexts = tables.contexts(split.counts, split.features)
        symbols = np.empty(len(split.counts), dtype=np.int32)
        for part, size in contexts.parts:
            symbols[part] = coder.decode(TABLE, tables.probabilities(contexts, part, size))
        rests = contexts.rests(symbols)
        rest = coder.decode(UNIFORM, rests.widths.astype(np.int32)) if len(rests.nodes) else rests.widths
        low = contexts.low(symbols, rests, rest)
        if np.any((low < 0) | (low > split.counts)):
            raise ArchiveError("coded points put more points into half a cell than are in the cell")
        tables.learn(contexts, symbols)
        return low

    cells, counts = descend(sizes, bits, read)
    if not is_spent(coder):
        raise ArchiveError(
            f"coded points of {len(data)} bytes do not end with the last point: "
            f"{coder.num_valid_bits()} bits are left, and 1 should be"
        )
    points = np.repeat(cells.T, counts, axis=0) + origin  # (M, 3)
    if points.max() > np.iinfo(np.int32).max:
        raise ArchiveError(f"a coded coordinate is {points.max()}, beyond 32 bits")
    return points.astype(np.int32)


def _fitted(splits: Sequence[tuple[Split, Integers]]) -> Longs:
    """The weights (GROUPS, FEATURES) that suit these splits, which come with the points (n,) in the lower halves."""
    if not splits:
        return np.zeros((GROUPS, FEATURES), dtype=np.int64)
    counts = np.concatenate([split.counts for split, _ in splits])
    low = np.concatenate([low for _, low in splits])
    return fit_weights(counts, counts - low, np.concatenate([split.features for split, _ in splits], axis=1))
