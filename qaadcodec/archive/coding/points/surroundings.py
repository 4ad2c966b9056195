"""What the points known so far say about the next bit of a coordinate (formats/qaad-1.md, "Points": surroundings).

The space is divided into *places*, cubes of cells. The points in a node's place and the 26 around it give two shapes:
one of all of these points, and one of those of the node's patch. Each shape gives two slopes of the density across the
node (slopes.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qaadcodec.archive.coding.points.neighbours import (
    Pairs,
    columns_beside,
    groups_of_patches,
    key,
    pairs_of,
    ranked,
)
from qaadcodec.archive.coding.points.slopes import CELL, MOMENTS, SLOPES, moments_of, move_to, slopes, to_shapes
from qaadcodec.archive.coding.points.sums_around import Neighbours, neighbours_of, sums_of_cells
from qaadcodec.arrays import Longs

FEATURES = 2 * SLOPES  # slopes at a node: two of each shape
CROWDED = 2, 3  # places get smaller while there are at most 2 cells to 3 points
MAX_DEPTH = 5  # octaves from a node's cell up to its place, at most: so determinants stay below 2^63
AT_ONCE = 4096  # nodes: their numbers stay in the cache


@dataclass(slots=True)
class _Groups:
    """Nodes by place, or by place and patch.

    Attributes:
        of_node: group of each node, (n,).
        count: number of groups.
        pairs: which of them lie next to each other.
        shape: of the points around each node, without the node itself: see `to_shapes`, (10, n).
    """

    of_node: Longs
    count: int
    pairs: list[Pairs]
    shape: Longs = field(default_factory=lambda: np.empty((MOMENTS, 0), dtype=np.int64))
    _neighbours: Neighbours | None = None

    def look_around(self, counts: Longs, positions: Longs, depth: int) -> None:
        """Set `shape` for nodes of so many points (n,) at these positions (3, n)."""
        del self.shape  # before there is room for the next
        order = np.argsort(self.of_node)
        starts = np.flatnonzero(np.diff(self.of_node[order], prepend=-1))
        if depth == 0:
            sums = sums_of_cells(self.pairs, np.add.reduceat(counts[order], starts))
            self.shape = np.take(sums, self.of_node, axis=1)
        else:
            if self._neighbours is None:
                self._neighbours, self.pairs = neighbours_of(self.pairs, self.count), []
            self.shape = moments_of(positions, counts)
            for moment in self.shape:
                own = np.add.reduceat(moment[order], starts)
                np.take(self._neighbours.sums(own), self.of_node, out=moment, mode="clip")
            move_to(self.shape, positions)
        to_shapes(self.shape, counts)

    def slopes(self, axis: int, widths: list[int], depth: int) -> Longs:
        """The slopes along an axis at each node, (SLOPES, n)."""
        found = np.empty((SLOPES, len(self.of_node)), dtype=np.int64)
        for start in range(0, len(self.of_node), AT_ONCE):
            here = slice(start, start + AT_ONCE)
            found[:, here] = slopes(self.shape[:, here], widths, axis, depth)
        return found

    def split(self, axis: int, parent: Longs, moved: Longs) -> None:
        """Replace the nodes by halves: of which node each is (n,), and how far its mean has moved (n,), in 1/16.

        The shape of nodes that are halved along the last axis is not asked for again.
        """
        if len(parent) != len(self.of_node):  # as many halves as nodes are one of each
            self.of_node = self.of_node[parent]
            if axis < 2:
                self.shape = np.take(self.shape, parent, axis=1)
        if axis < 2:
            self.shape[1 + axis] -= moved


class Surroundings:
    """Follows the nodes down the tree and knows the density around each.

    Within an octave the points around a node stay where they were at its start, and only the node itself moves.
    """

    def __init__(self, point_count: int) -> None:
        self._point_count = point_count
        self._depth = 0
        self._groups: list[_Groups] = []
        self._widths = [CELL] * 3

    def start_octave(self, cells: Longs, patches: Longs, counts: Longs) -> None:
        """Take the nodes at the start of an octave: cells (3, n), patches (n,) and numbers of points (n,)."""
        different = 1 + np.count_nonzero(np.diff(np.sort(key(cells))))
        if not self._groups or different * CROWDED[1] <= self._point_count * CROWDED[0]:
            self._depth = 0
        elif self._depth < MAX_DEPTH:
            self._depth += 1  # the places stay as they are
        if self._depth in (0, MAX_DEPTH):
            self._groups = _group(cells >> self._depth, patches)
        positions = cells * CELL + CELL // 2
        self._widths = [CELL] * 3
        for group in self._groups:
            group.look_around(counts, positions, self._depth)

    def features(self, axis: int) -> Longs:
        """The slopes along an axis at each node, (FEATURES, n)."""
        return np.concatenate([group.slopes(axis, self._widths, self._depth) for group in self._groups])

    def split(self, axis: int, parent: Longs, upper: Longs) -> None:
        """Replace the nodes by halves of them: of which node each is (n,), and whether it is the upper half (n,)."""
        moved = 16 * (upper * (CELL // 2) - CELL // 4)
        for group in self._groups:
            group.split(axis, parent, moved)
        self._widths[axis] = CELL // 2

    def skip(self, axis: int) -> None:
        """Replace every node by its lower half along an axis."""
        for group in self._groups:
            group.shape[1 + axis] += 16 * (CELL // 4)
        self._widths[axis] = CELL // 2


def _group(places: Longs, patches: Longs) -> list[_Groups]:
    """Groups of nodes by place, and by place and patch; places (3, n) and patches (n,) of the nodes."""
    keys, of_node = ranked(key(places))
    columns = columns_beside(keys)
    own_keys, own_of_node, own_columns = groups_of_patches(keys, columns, of_node, patches)
    return [
        _Groups(of_node, len(keys), pairs_of(keys, columns)),
        _Groups(own_of_node, len(own_keys), pairs_of(own_keys, own_columns)),
    ]
