"""Sums over the points in a place and those around it (formats/qaad-1.md, "Points": surroundings).

While a place is one cell, all points in it lie in the same spot, and how many they are tells everything. Afterwards
there are moments of the points in each place.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qaadcodec.archive.coding.points.neighbours import OWN, SLOTS, STEPS, Pairs
from qaadcodec.archive.coding.points.slopes import CELL, MOMENTS, OWN_WEIGHT, PRODUCTS, moments_of
from qaadcodec.arrays import Doubles, Indices, Integers, Numbers

WEIGHTS = OWN_WEIGHT >> np.abs(STEPS).sum(axis=0)  # (SLOTS,)
EXACT = 1 << 24  # whole numbers below it are exact in single precision
OF_CELLS = moments_of(STEPS * CELL, WEIGHTS)  # what a point in each slot adds to the moments, (10, SLOTS)
FEW = 1024  # groups: what is around them stays in the cache
FEW_NODES = 8192  # the same where only numbers of points are


def sums_of_cells(pairs: Pairs, counts: Integers, kind: npt.DTypeLike) -> Numbers:
    """The moments of all points around each group and in it, relative to it, where places are single cells: (10, G).

    Args:
        pairs: all neighbours.
        counts: points of each group, (G,).
        kind: a type that holds the moments, see `exact_in_cells`.
    """
    points, groups = counts.astype(kind), len(counts)
    table = np.zeros((SLOTS, groups), dtype=kind)
    table[OWN] = points
    flat = table.reshape(-1)
    for slot, here, there in pairs.parts():
        flat[slot * groups + here] = points.take(there)
        flat[(SLOTS - 1 - slot) * groups + there] = points.take(here)
    sums: Numbers = np.matmul(OF_CELLS.astype(kind), table)
    return sums


def neighbours_of(pairs: Pairs, groups: int) -> Indices:
    """The group in each slot around each of so many groups, (SLOTS, groups), of which these are all pairs.

    Where there is none, the index is that of a group behind the last one.
    """
    around = np.full((SLOTS, groups), groups, dtype=np.intp)
    around[OWN] = np.arange(groups)
    flat = around.reshape(-1)
    flat[pairs.slot * groups + pairs.here] = pairs.there
    flat[(SLOTS - 1 - pairs.slot) * groups + pairs.there] = pairs.here
    return around


def sums_of_places(neighbours: Indices, moments: Doubles, width: int) -> Numbers:
    """The moments of all points around each group and in it, relative to the middle of its place, (10, G).

    A moment about the middle of another place is one about its own, and what the step between the two adds to that.

    Args:
        neighbours: what lies around each group, (SLOTS, G): see `neighbours_of`.
        moments: of the points of each group, relative to the middle of its place, (10, G).
        width: of a place.
    """
    kind, groups = exact(int(moments[0].max()), width), moments.shape[1]
    of_steps = moments_of(STEPS * width, WEIGHTS).astype(kind)  # (10, SLOTS)
    fours = np.zeros((3, groups + 1, 4), kind)  # numpy takes four moments as quickly as one
    for i, moment in enumerate(moments):
        fours[i // 4, :-1, i % 4] = moment
    sums = np.empty((MOMENTS, groups), kind)
    for start in range(0, groups, FEW):
        few = slice(start, start + FEW)
        first, *others = (four.take(neighbours[:, few], axis=0).reshape(SLOTS, -1) for four in fours)
        near = (of_steps @ first).reshape(MOMENTS, -1, 4).transpose(0, 2, 1)  # of steps; of number and sums of points
        squares = np.concatenate([(of_steps[0] @ other).reshape(-1, 4).T for other in others])
        sums[0, few] = near[0, 0]
        sums[1:4, few] = near[1:4, 0] + near[0, 1:4]
        for at, (i, j) in enumerate(PRODUCTS):
            sums[4 + at, few] = near[4 + at, 0] + near[1 + i, 1 + j] + near[1 + j, 1 + i] + squares[at]
    return sums


def exact(points: int, width: int) -> type[np.floating]:
    """A type that holds sums over groups of at most so many points, in places of this width, exactly.

    The weights of the slots sum to 64, and no point is further than 3/2 of a place from the middle one.
    """
    return np.float32 if 64 * points * (3 * width) ** 2 // 4 < EXACT else np.float64


def exact_in_cells(points: int) -> type[np.floating]:
    """A type that holds three times the moments around a node exactly; places are cells of so many points at most.

    Products of distances are at most CELL². Three times, because covariances are in thirds (slopes.py).
    """
    return np.float32 if 3 * 64 * points * CELL**2 < EXACT else np.float64
