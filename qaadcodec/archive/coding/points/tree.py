"""The k-d tree that sets of points are coded down, and the order that it gives them (formats/qaad-1.md, "Points").

All patches go down together, an octave at a time; each octave halves x, y and z. A node is a cell, a patch and the
number of its points there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from qaadcodec.archive.coding.points.neighbours import cells_of, key
from qaadcodec.archive.coding.points.surroundings import Surroundings
from qaadcodec.arrays import Integers, Ints, Longs, Rows, Singles
from qaadcodec.errors import UsageError

MAX_BITS = 20  # of a coordinate above the least one; the key of a cell has 21 bits an axis
KEYS_OF_HALVES = key(
    (np.arange(8) >> np.arange(3)[:, None] & 1) - 2
)  # plus twice the key of a cell: those of its halves


class Split(NamedTuple):
    """Nodes that are about to be halved along one axis."""

    axis: int
    bit: int
    """of the coordinate, which says in which half a point lies"""
    counts: Integers
    """points of each node, (n,)"""
    features: Singles
    """slopes of the density at each node, (FEATURES, n)"""


def canonical_order(integers: Ints, sizes: Longs) -> Rows:
    """The order (M,) in which points (M, 3) come back: patch by patch, and in a patch in the order of the tree's cells.

    Raises:
        UsageError: the coordinates of an axis span 2^20 or more.
    """
    points = integers.astype(np.int64) - integers.min(axis=0)
    path = np.zeros(len(points), dtype=np.int64)
    for bit in reversed(range(max(bits_of(integers)))):
        for axis in range(3):
            path = path << 1 | points[:, axis] >> bit & 1
    return np.lexsort((path, np.repeat(np.arange(len(sizes)), sizes)))


def bits_of(integers: Ints) -> list[int]:
    """Bits that the coordinates of each axis need above the least one; UsageError beyond MAX_BITS."""
    extents = integers.max(axis=0).astype(np.int64) - integers.min(axis=0)
    bits = [int(extent).bit_length() for extent in extents]
    if max(bits) > MAX_BITS:
        raise UsageError(f"coordinates span {extents.max()} steps, and may span {(1 << MAX_BITS) - 1}")
    return bits


def descend(sizes: Longs, bits: Sequence[int], halve: Callable[[Split], Integers]) -> tuple[Longs, Integers]:
    """Go down the tree, from a node per patch to cells of one unit of the coordinates.

    Args:
        sizes: points of each patch, (K,).
        bits: of the coordinates of each axis.
        halve: says how many points of each node of a split are in the lower half, (n,).

    Returns:
        Cells (3, n) and their numbers of points (n,), in canonical order.
    """
    counts, patches, parent = sizes.astype(np.int32), np.arange(len(sizes)), np.arange(len(sizes))
    keys = np.full(len(sizes), key(np.zeros(3, np.int64)))
    around = Surroundings(int(sizes.sum()))
    for bit in reversed(range(max(bits))):
        around.start_octave(keys, patches, counts, parent)
        parent, half = np.arange(len(counts)), np.zeros(len(counts), np.int8)
        for axis in range(3):
            if bit >= bits[axis]:
                continue  # all points are in the lower halves
            low = halve(Split(axis, bit, counts, around.features(axis, parent, half)))
            both = np.empty((len(counts), 2), np.int32)
            both[:, 0], both[:, 1] = low, counts - low
            child = np.flatnonzero(both)
            if len(child) == len(counts):  # each node has one child
                half |= (child & 1).astype(np.int8) << axis
                continue
            node = child >> 1
            counts, parent = both.reshape(-1)[child], parent[node]
            half = half[node] | (child & 1).astype(np.int8) << axis
        keys, patches = 2 * keys[parent] + KEYS_OF_HALVES[half], patches[parent]
    return cells_of(keys), counts
