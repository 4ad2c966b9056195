"""Which groups of nodes lie in places that touch (formats/qaad-1.md, "Points": surroundings).

A group is known by a key, and groups are numbered in the order of their keys. Keys of places that lie on each other in
z differ by 1. So one search finds the three places of a column that touch a place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from qaadcodec.arrays import Indices, Longs

COLUMNS = ((0, 1), (1, -1), (1, 0), (1, 1))  # x and y of columns beside a place: one of each two that lie opposite
FAR = 3  # steps of z from which on two places have no neighbour in common
NOWHERE = -5  # a rank that is below all others together with the two above it

Column: TypeAlias = list[tuple[Indices, Indices]]
"""Of a column beside groups: which of them have a neighbour there, and which; below them, beside them, above them."""


class Pairs(NamedTuple):
    """Groups whose places touch in one direction.

    Attributes:
        step: from the place of a group to that of the other, -1, 0 or 1 for each axis.
        here, there: the groups and the others, (p,) each; neither has a group twice.
    """

    step: tuple[int, int, int]
    here: Indices
    there: Indices


def key(cells: Longs) -> Longs:
    """Keys (n,) of cells (3, n) of at most 20 bits an axis. The key of a neighbour is the key plus a constant."""
    keys: Longs = ((cells[0] + 1) << 42) + ((cells[1] + 1) << 21) + cells[2] + 1
    return keys


def ranked(keys: Longs) -> tuple[Longs, Longs]:
    """The different keys in their order, and the place of each key (n,) among them."""
    order = np.argsort(keys)
    ordered = keys[order]
    fresh = np.diff(ordered, prepend=-1) != 0
    of_key = np.empty(len(keys), dtype=np.int64)
    of_key[order] = np.cumsum(fresh) - 1
    return ordered[fresh], of_key


def in_column(keys: Longs, first: Longs) -> Column:
    """Where the keys `first`, `first` + 1 and `first` + 2, (n,) each, stand in sorted keys."""
    at = np.searchsorted(keys, first)
    ended = np.append(keys, np.iinfo(np.int64).max)
    found = []
    for z in range(3):
        there = ended[at] == first + z
        here = np.flatnonzero(there)
        found.append((here, at[here]))
        at += there
    return found


def columns_beside(keys: Longs) -> list[Column]:
    """The columns of COLUMNS beside places of these keys, sorted."""
    return [in_column(keys, keys + ((x << 42) + (y << 21) - 1)) for x, y in COLUMNS]


def groups_of_patches(
    keys: Longs, columns: Sequence[Column], of_place: Longs, of_patch: Longs
) -> tuple[Longs, Longs, list[Column]]:
    """Groups by place and patch.

    The key of a group is made of its patch and the rank of its place. Ranks rise as the keys of places do, by the same
    steps up to FAR, so that they tell as well what lies in a column.

    Args:
        keys: of the places, sorted, (G,).
        columns: beside the places.
        of_place: the place of each node, (n,).
        of_patch: the patch of each node, (n,).

    Returns:
        The keys of the groups, the group of each node, and the columns beside the groups.
    """
    ranks = np.cumsum(np.minimum(np.diff(keys, prepend=keys[:1]), FAR))
    span = int(ranks[-1]) - 2 * NOWHERE
    own_keys, of_node = ranked(of_patch * span + ranks[of_place])
    patch, rank = np.divmod(own_keys, span)
    place = np.searchsorted(ranks, rank)
    own_columns = []
    for column in columns:
        first = np.full(len(keys), NOWHERE, dtype=np.int64)
        for z in (2, 1, 0):
            here, there = column[z]
            first[here] = ranks[there] - z
        own_columns.append(in_column(own_keys, patch * span + first[place]))
    return own_keys, of_node, own_columns


def pairs_of(keys: Longs, columns: Sequence[Column]) -> list[Pairs]:
    """All pairs of neighbours among groups of these keys, sorted, with these columns beside them."""
    below = np.flatnonzero(np.diff(keys) == 1)
    beside = [
        Pairs((x, y, z), *found)
        for (x, y), column in zip(COLUMNS, columns, strict=True)
        for z, found in zip((-1, 0, 1), column, strict=True)
    ]
    return [Pairs((0, 0, 1), below, below + 1), *beside]
