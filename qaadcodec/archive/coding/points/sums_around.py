"""Sums over the points in a place and those around it (formats/qaad-1.md, "Points": surroundings).

While a place is one cell, all points in it lie in the same spot, and how many they are tells everything. Afterwards
there are moments of the points in each place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from qaadcodec.archive.coding.points.neighbours import Pairs
from qaadcodec.archive.coding.points.slopes import CELL, MOMENTS, OWN_WEIGHT, moments_of
from qaadcodec.arrays import Indices, Longs

SLOTS = 27  # a place and those around it; slot 26 - k lies opposite slot k
OWN = SLOTS // 2
STEPS = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)]).T  # (3, SLOTS)
WEIGHTS = OWN_WEIGHT >> np.abs(STEPS).sum(axis=0)
MOMENTS_OF_SLOTS = moments_of(STEPS * CELL, WEIGHTS).astype(np.float64)  # of one point in each slot, (10, SLOTS)
AT_ONCE = 4096  # groups: their numbers stay in the cache


def slot(step: tuple[int, int, int]) -> int:
    """The slot of a place, by the step to it from the one in the middle."""
    return 9 * step[0] + 3 * step[1] + step[2] + OWN


def sums_of_cells(pairs: Sequence[Pairs], counts: Longs) -> Longs:
    """The moments of all points around each group and in it, relative to it, where places are single cells: (10, G).

    Args:
        pairs: all neighbours.
        counts: points of each group, (G,).
    """
    table = np.zeros((SLOTS, len(counts)), dtype=np.int32)
    table[OWN] = counts
    for step, here, there in pairs:
        table[slot(step), here] = counts[there]
        table[SLOTS - 1 - slot(step), there] = counts[here]
    sums = np.empty((MOMENTS, len(counts)), dtype=np.int64)
    for start in range(0, len(counts), AT_ONCE):
        few = slice(start, start + AT_ONCE)
        sums[:, few] = MOMENTS_OF_SLOTS @ table[:, few].astype(np.float64)  # whole numbers below 2^53: exact
    return sums


class Neighbours(NamedTuple):
    """For each group: itself and the groups around it.

    Attributes:
        members: all of them, group by group, each as c G + i: group i of G, with the weight OWN_WEIGHT >> c.
        last: of each group, where its last member stands, (G,).
    """

    members: Indices
    last: Indices

    def sums(self, values: Longs) -> Longs:
        """The weighted sum of the members' values at each group, of values (G,); it may wrap around at 2^64."""
        times = np.stack([values * (OWN_WEIGHT >> steps) for steps in range(4)]).reshape(-1)
        sums: Longs = np.diff(times[self.members].cumsum()[self.last], prepend=0)
        return sums


def neighbours_of(pairs: Sequence[Pairs], groups: int) -> Neighbours:
    """The neighbours of each of so many groups, of which these are all pairs."""
    table = np.full((groups, SLOTS), -1, dtype=np.int32)
    table[:, OWN] = np.arange(groups)
    for step, here, there in pairs:
        first = sum(map(abs, step)) * groups
        table[here, slot(step)] = first + there
        table[there, SLOTS - 1 - slot(step)] = first + here
    filled = np.flatnonzero(table >= 0)
    last = np.cumsum(np.bincount(filled // SLOTS, minlength=groups)) - 1
    return Neighbours(table.reshape(-1)[filled].astype(np.int64), last)
