"""What the points known so far say about the next bit of a coordinate (formats/qaad-1.md, "Points").

Two local Gaussians, one of all points around a node and one of its patch's, give slopes of the density across the
node. Everything is in integers, so that every machine gets the same. Sums of squares of global coordinates may wrap
around at 2^64: what is made of them is relative to the node, fits, and is so the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

FEATURES = 4
MOMENTS = 10  # number, three sums, six sums of products
ONE = 256  # a slope of 1
CROWDED = 2, 3  # neighbourhoods get finer while there are at most 2 cells to 3 points
MAX_DEPTH = 5  # octaves from a node's cell up to the cells of a neighbourhood: keeps determinants below 2^63
CELL = 8  # width of a node's cell at the start of an octave, in units of positions
OWN_WEIGHT = 8  # of the cell itself; 4, 2, 1 of those that share a face, an edge, a corner with it
PRODUCTS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
OFFSETS = [
    (x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) > (0, 0, 0)
]  # one of each pair of opposite ones


def key(cells: Ints) -> Ints:
    """Keys (n,) of cells (3, n) of at most 20 bits an axis: a neighbour's key is the key plus a constant."""
    keys: Ints = ((cells[0] + 1) << 42) + ((cells[1] + 1) << 21) + cells[2] + 1
    return keys


@dataclass(slots=True)
class _Groups:
    """Nodes by cell, or by cell and patch, and which groups lie next to each other.

    Attributes:
        of_node: group of each node, (n,).
        count: number of groups.
        pairs: groups next to each other, i, j and the weight, for one of each two opposite directions; no group is
            twice in an i or in a j.
        shape: of the points around each node, itself left out: see `to_shapes`, (10, n).
    """

    of_node: Ints
    count: int
    pairs: list[tuple[Ints, Ints, int]]
    shape: Ints = field(default_factory=lambda: np.empty((MOMENTS, 0), dtype=np.int64))

    def look_around(self, of_nodes: Ints, positions: Ints) -> None:
        """Set `shape` from the moments of the nodes themselves, (10, n), and their positions, (3, n)."""
        order = np.argsort(self.of_node, kind="stable")
        starts = np.searchsorted(self.of_node[order], np.arange(self.count))
        self.shape = np.empty_like(of_nodes)
        for moment, of_node in zip(self.shape, of_nodes, strict=True):
            own = np.add.reduceat(of_node[order], starts)
            total = own * OWN_WEIGHT
            for i, j, weight in self.pairs:
                total[i] += own[j] * weight
                total[j] += own[i] * weight
            moment[:] = total[self.of_node] - of_node * OWN_WEIGHT
        to_shapes(self.shape, positions)


class Surroundings:
    """Follows the nodes down the tree and knows the density around each.

    Within an octave the points around a node stay where they were at its start; only the node itself moves.
    """

    def __init__(self, patch_count: int, point_count: int) -> None:
        self._patch_count, self._point_count = patch_count, point_count
        self._depth = 0
        self._groups: list[_Groups] = []
        self._widths = [CELL] * 3

    def start_octave(self, cells: Ints, patches: Ints, counts: Ints) -> None:
        """Nodes at the start of an octave: cells (3, n), patches (n,) and numbers of points (n,)."""
        keys = np.unique(key(cells))
        if not self._groups or len(keys) * CROWDED[1] <= self._point_count * CROWDED[0]:
            self._depth = 0
        elif self._depth < MAX_DEPTH:
            self._depth += 1  # the neighbourhoods stay as they are
        if self._depth in (0, MAX_DEPTH):
            self._groups = _group(cells >> self._depth, patches, self._patch_count)
        r = cells * CELL + CELL // 2
        self._widths = [CELL] * 3
        weighted = r * counts
        of_nodes = np.stack([counts, *weighted, *(weighted[i] * r[j] for i, j in PRODUCTS)])
        for group in self._groups:
            group.look_around(of_nodes, r)

    def features(self, axis: int) -> Ints:
        """Slopes along an axis at each node, (FEATURES, n)."""
        found = [slope for group in self._groups for slope in slopes(group.shape, self._widths, axis, self._depth)]
        return np.stack(found)

    def split(self, axis: int, parent: Ints, upper: Ints) -> None:
        """The nodes are now halves of those before: of which (n,), and whether the upper one (n,)."""
        moved = 16 * (upper * (CELL // 2) - CELL // 4)
        for group in self._groups:
            group.of_node, group.shape = group.of_node[parent], group.shape[:, parent]
            group.shape[1 + axis] -= moved
        self._widths[axis] = CELL // 2

    def skip(self, axis: int) -> None:
        """All nodes are in the lower half along an axis."""
        for group in self._groups:
            group.shape[1 + axis] += 16 * (CELL // 4)
        self._widths[axis] = CELL // 2


def _group(cells: Ints, patches: Ints, patch_count: int) -> list[_Groups]:
    """Groups of nodes by cell, and by cell and patch; cells (3, n) and patches (n,) of the nodes."""
    keys, of_node = np.unique(key(cells), return_inverse=True)
    own_keys, own_of_node = np.unique(of_node * patch_count + patches, return_inverse=True)
    own_cell, own_patch = np.divmod(own_keys, patch_count)
    pairs, own_pairs = [], []
    for x, y, z in OFFSETS:
        weight = OWN_WEIGHT >> (abs(x) + abs(y) + abs(z))
        moved = find(keys, keys + ((x << 42) + (y << 21) + z))
        i = np.flatnonzero(moved >= 0)
        pairs.append((i, moved[i], weight))
        cell = moved[own_cell]
        own_i = np.flatnonzero(cell >= 0)
        own_j = find(own_keys, cell[own_i] * patch_count + own_patch[own_i])
        there = own_j >= 0
        own_pairs.append((own_i[there], own_j[there], weight))
    return [_Groups(of_node, len(keys), pairs), _Groups(own_of_node, len(own_keys), own_pairs)]


def find(keys: Ints, wanted: Ints) -> Ints:
    """Index of each wanted number in sorted keys, -1 where it is not there."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)


def to_shapes(moments: Ints, positions: Ints) -> None:
    """Make weight, mean and covariance (10, n) of the points around nodes at positions (3, n) of their moments (10, n).

    The mean is relative to the node and in 1/16, the covariance in 1/3: xx, xy, xz, yy, yz, zz.
    """
    n, sums, products, r = moments[0], moments[1:4], moments[4:], positions
    divisor = np.maximum(n, 1)
    for product, (i, j) in zip(products, PRODUCTS, strict=True):
        product -= r[i] * sums[j] + r[j] * (sums[i] - n * r[i])
    for i in range(3):
        sums[i] -= n * r[i]
        sums[i] = sums[i] * 16 // divisor
    for product, (i, j) in zip(products, PRODUCTS, strict=True):
        product[:] = 3 * product // divisor - (3 * sums[i] * sums[j] >> 8)


def slopes(shape: Ints, widths: list[int], axis: int, depth: int) -> tuple[Ints, Ints]:
    """Two slopes of the density along `axis` at each node, in units of 1/256, positive towards its upper half.

    Args:
        shape: of the points around each node, (10, n).
        widths: of the nodes' cells, by axis.
        axis: that is split next.
        depth: octaves from the node's cell, at the start of the octave, to the neighbourhood's cells.

    Returns:
        The logarithm of the ratio of the halves' densities under a Gaussian of the points' mean and covariance, to
        which the cell's own width adds (-6 to 6; 0 of less than the weight of 3 points), and the mean's distance in
        parts of the neighbourhood's width.
    """
    n, mean = shape[0], shape[1:4]
    a = {pair: shape[4 + at] for at, pair in enumerate(PRODUCTS)}
    for i in range(3):
        a[i, i] = a[i, i] + widths[i] ** 2 // 4
    a |= {(j, i): entry for (i, j), entry in a.items()}
    # the row of the adjugate that belongs to the axis, whose product with the mean is the slope times the determinant
    i, j = (axis + 1) % 3, (axis + 2) % 3
    row = {
        axis: a[i, i] * a[j, j] - a[i, j] * a[i, j],
        i: a[axis, j] * a[i, j] - a[axis, i] * a[j, j],
        j: a[axis, i] * a[i, j] - a[axis, j] * a[i, i],
    }
    determinant = np.maximum(sum(row[k] * a[axis, k] for k in range(3)), 1)
    across = sum(row[k] * mean[k] for k in range(3)) * (3 * widths[axis] // 2)
    gauss = np.where(n >= 3 * OWN_WEIGHT, np.clip(across // determinant, -96, 96) * 16, 0)
    return gauss, np.where(n > 0, mean[axis] * (widths[axis] * 32) >> (6 + 2 * depth), 0)
