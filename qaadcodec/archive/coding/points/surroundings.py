"""What the points known so far say about the next bit of a coordinate (formats/qaad-1.md, "Points": surroundings).

The space is divided into *places*, cubes of cells. The points in a node's place and the 26 around it give two shapes:
one of all of these points, and one of those of the node's patch. Each shape gives two slopes of the density across the
node (slopes.py).
"""

from __future__ import annotations

import numpy as np

from qaadcodec.archive.coding.points.boxes import Boxes, boxes_of
from qaadcodec.archive.coding.points.neighbours import cells_of
from qaadcodec.archive.coding.points.searched import Searched, SearchedPatches
from qaadcodec.archive.coding.points.slopes import (
    AT_ONCE,
    CELL,
    MOMENTS,
    OWN_WEIGHT,
    SLOPES,
    Halving,
    along,
    halvings,
    moments_of,
    move_to,
)
from qaadcodec.archive.coding.points.sums_around import exact_in_cells, sums_of_places
from qaadcodec.arrays import Doubles, Indices, Integers, Longs, Numbers, Singles

SHAPES = 2
FEATURES = SHAPES * SLOPES  # slopes at a node: two of each shape
CROWDED = 2, 3  # places get smaller while there are at most 2 cells to 3 points
MAX_DEPTH = 5  # octaves from a node's cell up to its place, at most: so determinants stay below 2^63


class _Groups:
    """Nodes by place, or by place and patch, once places are more than a cell and may hold many nodes of a patch."""

    def __init__(self, of_node: Longs, around: Indices) -> None:
        self.of_node, self._around = of_node, around

    def moments_around(self, moments: Doubles, positions: Doubles, width: int, out: Doubles) -> None:
        """The moments around nodes, relative to them.

        Args:
            moments: of each node, relative to the middle of its place, (10, n).
            positions: of each node, as well, (3, n).
            width: of a place.
            out: (10, n).
        """
        count = self._around.shape[1]
        own: Doubles = np.stack([np.bincount(self.of_node, moment, count) for moment in moments])
        sums = sums_of_places(self._around, own, width)
        for start in range(0, len(self.of_node), AT_ONCE):
            few = slice(start, start + AT_ONCE)
            out[:, few] = sums[:, self.of_node[few]]
            move_to(out[:, few], positions[:, few])


class Surroundings:
    """Follows the nodes down the tree and knows the density around each.

    Within an octave the points around a node stay where they were at its start, and only the node itself moves.
    """

    def __init__(self, point_count: int) -> None:
        self._point_count = point_count
        self._depth = 0
        self._last: list[Boxes | Searched] = []  # while places are cells
        self._groups: list[_Groups] = []  # afterwards
        self._halvings: list[Halving] = []
        self._nodes = 0

    def start_octave(self, keys: Longs, patches: Longs, counts: Integers, parent: Longs) -> None:
        """Take the nodes at the start of an octave.

        Args:
            keys: of their cells, (n,).
            patches: (n,), ascending.
            counts: points of each, (n,).
            parent: the node that each was in at the start of the octave before, (n,).
        """
        self._nodes = len(keys)
        self._halvings = []  # before there is room for the next
        cells = cells_of(keys)
        if self._depth == 0:
            places = _by_place(cells, counts)
            if not self._last or places.different * CROWDED[1] <= self._point_count * CROWDED[0]:
                self._last = [places, _by_patch(places, cells, patches, counts)]
                self._halvings = halvings(self._moments_of_cells(counts), 0)
                return
            self._groups, self._last = [_Groups(*last.groups()) for last in self._last], []
        if self._depth < MAX_DEPTH:  # the places stay as they are
            self._depth += 1
            for group in self._groups:
                group.of_node = group.of_node[parent]
        if self._depth == MAX_DEPTH:
            upper = cells >> MAX_DEPTH
            places = _by_place(upper, counts)
            self._groups = [_Groups(*each.groups()) for each in (places, _by_patch(places, upper, patches, counts))]
        self._halvings = halvings(self._moments_of_places(cells, counts), self._depth)

    def features(self, axis: int, parent: Longs, half: Integers) -> Singles:
        """The slopes along an axis at each node, (FEATURES, n).

        Args:
            axis: along which the nodes are halved next.
            parent: the node that each was in at the start of the octave, (n,).
            half: bits that say along which axes each is an upper half, (n,).
        """
        both = np.stack([parent + shape * self._nodes for shape in range(SHAPES)])
        upper: list[Numbers] = [half >> before & 1 for before in range(axis)]
        return along(self._halvings[axis], both, upper).reshape(FEATURES, -1)

    def _moments_of_cells(self, counts: Integers) -> Numbers:
        """The moments around nodes without themselves, (10, 2 n): of all points, and of those of the patch.

        A place is a cell, and a node all of its points of one patch.
        """
        n = self._nodes
        moments = np.empty((MOMENTS, SHAPES * n), exact_in_cells(self._last[0].most))
        for shape, places in enumerate(self._last):
            places.sums(moments[:, shape * n : (shape + 1) * n])
        moments[0] -= OWN_WEIGHT * np.tile(counts, SHAPES)
        return moments

    def _moments_of_places(self, cells: Longs, counts: Integers) -> Doubles:
        """The same where places are larger, for nodes in cells (3, n)."""
        n, width = self._nodes, CELL << self._depth
        positions = (cells * CELL % width + (CELL - width) // 2).astype(np.float64)  # in the places
        moments = moments_of(positions, counts.astype(np.float64))
        around = np.empty((MOMENTS, SHAPES * n))
        for shape, group in enumerate(self._groups):
            group.moments_around(moments, positions, width, around[:, shape * n : (shape + 1) * n])
        around[0] -= OWN_WEIGHT * np.tile(counts, SHAPES)
        return around


def _by_place(cells: Longs, counts: Integers) -> Boxes | Searched:
    """Nodes of so many points (n,) by their cells, or larger places, (3, n)."""
    return boxes_of(cells, None, counts) or Searched(cells, counts)


def _by_patch(places: Boxes | Searched, cells: Longs, patches: Longs, counts: Integers) -> Boxes | Searched:
    """The nodes of these places by patch as well."""
    if boxes := boxes_of(cells, patches, counts):
        return boxes
    return SearchedPatches(places if isinstance(places, Searched) else Searched(cells, counts), patches, counts)
