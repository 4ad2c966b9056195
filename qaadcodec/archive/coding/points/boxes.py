"""Nodes in boxes: where few cells are empty, an array of all of them finds what is around a node at once.

Each patch has a box, or all of them have one together. Boxes lie one behind the other along x, and share their extents
along y and z, so that a step to a neighbour is the same distance in the array everywhere. Beside each box, and beyond
its ends along y and z, there is a layer of empty cells.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from qaadcodec.archive.coding.points.neighbours import SLOTS, STEPS
from qaadcodec.archive.coding.points.sums_around import EXACT, FEW_NODES, OF_CELLS
from qaadcodec.arrays import Indices, Integers, Longs, Numbers

CELLS_A_NODE = 32  # in the boxes, at most: else searching takes less memory, and hardly more time


class Boxes:
    """Nodes by place, or by place and patch.

    Args:
        flat: the cell of each node in the array of all cells, (n,).
        steps: from a cell to the ones around it in that array, SLOTS of them.
        margin: how far a step may lead out of the boxes.
        volume: cells of all boxes.
        counts: points of each node, (n,).

    Attributes:
        most: points in one place, or of one patch there, at most.
    """

    def __init__(self, flat: Longs, steps: list[int], margin: int, volume: int, counts: Integers) -> None:
        self._flat, self._steps, self._margin = flat, [margin + step for step in steps], margin
        self._counts = self._counted(np.uint8, volume, counts)
        if int(self._counts.sum()) < (total := int(counts.sum())):  # a byte holds less than a cell has
            self._counts = self._counted(np.float32 if total < EXACT else np.float64, volume, counts)
        self.most = int(self._counts.max())

    def _counted(self, kind: npt.DTypeLike, volume: int, counts: Integers) -> Numbers:
        found = np.zeros(volume + 2 * self._margin, kind)
        np.add.at(found[self._margin :], self._flat, counts.astype(kind))
        return found

    @cached_property
    def different(self) -> int:
        """How many places have points, or places in a patch."""
        return int(np.count_nonzero(self._counts))

    def sums(self, out: Numbers) -> None:
        """The moments of all points around each node and in its place, relative to it: (10, n); places are cells."""
        weights = OF_CELLS.astype(out.dtype)
        table = np.empty((SLOTS, FEW_NODES), self._counts.dtype)
        for start in range(0, len(self._flat), FEW_NODES):
            flat = self._flat[start : start + FEW_NODES]
            around = table[:, : len(flat)]
            for slot, step in enumerate(self._steps):
                np.take(self._counts[step:], flat, out=around[slot], mode="clip")
            np.matmul(weights, around.astype(out.dtype, copy=False), out=out[:, start : start + FEW_NODES])

    def groups(self) -> tuple[Longs, Indices]:
        """The group of each node, (n,), and those around each of the G groups, (SLOTS, G); G where none is."""
        filled = np.flatnonzero(self._counts) - self._margin
        number = np.full(len(self._counts), len(filled), np.int32)
        number[self._margin + filled] = np.arange(len(filled))
        around = np.empty((SLOTS, len(filled)), np.intp)
        for slot, step in enumerate(self._steps):
            around[slot] = number[step:].take(filled)
        return number[self._margin :].take(self._flat).astype(np.int64), around


def boxes_of(cells: Longs, patches: Longs | None, counts: Integers) -> Boxes | None:
    """Nodes of so many points (n,) in cells (3, n); None if they lie so far apart that boxes would be mostly empty.

    Args:
        cells: or larger places.
        patches: the patch of each node, ascending, (n,); None if all are to be in one box.
        counts: (n,).
    """
    if patches is None:
        starts, box = np.zeros(1, np.intp), np.zeros(1, np.intp)
    else:
        fresh = np.diff(patches, prepend=-1) != 0
        starts, box = np.flatnonzero(fresh), np.cumsum(fresh) - 1
    low, high = (each.reduceat(cells, starts, axis=1) for each in (np.minimum, np.maximum))
    extent = high - low + 2  # (3, boxes)
    across = [int(extent[axis].max()) for axis in (1, 2)]
    volume = int(extent[0].sum()) * across[0] * across[1]
    if volume > CELLS_A_NODE * cells.shape[1]:
        return None
    strides = np.array([across[0] * across[1], across[1], 1])
    low[0] -= np.cumsum(extent[0]) - extent[0]
    flat = strides @ cells - (strides @ low).take(box)
    return Boxes(flat, (strides @ STEPS).tolist(), int(strides.sum()), volume, counts)
