"""What the points known so far say about the next bit of a coordinate (formats/qaad-1.md, "Points": surroundings).

The space is divided into *places*, cubes of cells. The points in a node's place and the 26 around it give two shapes:
one of all of these points, and one of those of the node's patch. Each shape gives two slopes of the density across the
node (slopes.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qaadcodec.archive.coding.points.slopes import MOMENTS, OWN_WEIGHT, moments_of, slopes, to_shapes
from qaadcodec.arrays import Longs

FEATURES = 4  # slopes at a node: two of each shape
CROWDED = 2, 3  # places get smaller while there are at most 2 cells to 3 points
MAX_DEPTH = 5  # octaves from a node's cell up to its place, at most: so determinants stay below 2^63
CELL = 8  # width of a node's cell at the start of an octave, in units of positions
OFFSETS = [
    (x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) > (0, 0, 0)
]  # to places around a place: one of each two that lie opposite each other


def key(cells: Longs) -> Longs:
    """Keys (n,) of cells (3, n) of at most 20 bits an axis. The key of a neighbour is the key plus a constant."""
    keys: Longs = ((cells[0] + 1) << 42) + ((cells[1] + 1) << 21) + cells[2] + 1
    return keys


@dataclass(slots=True)
class _Groups:
    """Nodes by place, or by place and patch, and which of these groups lie next to each other.

    Attributes:
        of_node: group of each node, (n,).
        count: number of groups.
        pairs: groups next to each other, as indices i, indices j and the weight, for each of OFFSETS; no group is twice
            in an i or in a j.
        shape: of the points around each node, without the node itself: see `to_shapes`, (10, n).
    """

    of_node: Longs
    count: int
    pairs: list[tuple[Longs, Longs, int]]
    shape: Longs = field(default_factory=lambda: np.empty((MOMENTS, 0), dtype=np.int64))

    def look_around(self, moments: Longs, positions: Longs) -> None:
        """Set `shape` from the moments of the nodes themselves, (10, n), and their positions, (3, n)."""
        order = np.argsort(self.of_node, kind="stable")
        starts = np.searchsorted(self.of_node[order], np.arange(self.count))
        self.shape = np.empty_like(moments)
        for around, moment in zip(self.shape, moments, strict=True):
            own = np.add.reduceat(moment[order], starts)
            total = own * OWN_WEIGHT
            for i, j, weight in self.pairs:
                total[i] += own[j] * weight
                total[j] += own[i] * weight
            around[:] = total[self.of_node] - moment * OWN_WEIGHT
        to_shapes(self.shape, positions)


class Surroundings:
    """Follows the nodes down the tree and knows the density around each.

    Within an octave the points around a node stay where they were at its start, and only the node itself moves.
    """

    def __init__(self, patch_count: int, point_count: int) -> None:
        self._patch_count, self._point_count = patch_count, point_count
        self._depth = 0
        self._groups: list[_Groups] = []
        self._widths = [CELL] * 3

    def start_octave(self, cells: Longs, patches: Longs, counts: Longs) -> None:
        """Take the nodes at the start of an octave: cells (3, n), patches (n,) and numbers of points (n,)."""
        keys = np.unique(key(cells))
        if not self._groups or len(keys) * CROWDED[1] <= self._point_count * CROWDED[0]:
            self._depth = 0
        elif self._depth < MAX_DEPTH:
            self._depth += 1  # the places stay as they are
        if self._depth in (0, MAX_DEPTH):
            self._groups = _group(cells >> self._depth, patches, self._patch_count)
        positions = cells * CELL + CELL // 2
        self._widths = [CELL] * 3
        moments = moments_of(positions, counts)
        for group in self._groups:
            group.look_around(moments, positions)

    def features(self, axis: int) -> Longs:
        """The slopes along an axis at each node, (FEATURES, n)."""
        found = [slope for group in self._groups for slope in slopes(group.shape, self._widths, axis, self._depth)]
        return np.stack(found)

    def split(self, axis: int, parent: Longs, upper: Longs) -> None:
        """Replace the nodes by halves of them: of which node each is (n,), and whether it is the upper half (n,)."""
        moved = 16 * (upper * (CELL // 2) - CELL // 4)
        for group in self._groups:
            group.of_node, group.shape = group.of_node[parent], group.shape[:, parent]
            group.shape[1 + axis] -= moved
        self._widths[axis] = CELL // 2

    def skip(self, axis: int) -> None:
        """Replace every node by its lower half along an axis."""
        for group in self._groups:
            group.shape[1 + axis] += 16 * (CELL // 4)
        self._widths[axis] = CELL // 2


def _group(places: Longs, patches: Longs, patch_count: int) -> list[_Groups]:
    """Groups of nodes by place, and by place and patch; places (3, n) and patches (n,) of the nodes."""
    keys, of_node = np.unique(key(places), return_inverse=True)
    own_keys, own_of_node = np.unique(of_node * patch_count + patches, return_inverse=True)
    own_place, own_patch = np.divmod(own_keys, patch_count)
    pairs, own_pairs = [], []
    for x, y, z in OFFSETS:
        weight = OWN_WEIGHT >> (abs(x) + abs(y) + abs(z))
        neighbour = find(keys, keys + ((x << 42) + (y << 21) + z))
        i = np.flatnonzero(neighbour >= 0)
        pairs.append((i, neighbour[i], weight))
        place = neighbour[own_place]
        own_i = np.flatnonzero(place >= 0)
        own_j = find(own_keys, place[own_i] * patch_count + own_patch[own_i])
        there = own_j >= 0
        own_pairs.append((own_i[there], own_j[there], weight))
    return [_Groups(of_node, len(keys), pairs), _Groups(own_of_node, len(own_keys), own_pairs)]


def find(keys: Longs, wanted: Longs) -> Longs:
    """The index of each wanted number in sorted keys, or -1 where it is not there."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)
