"""Which groups of nodes lie in places that touch (formats/qaad-1.md, "Points": surroundings).

A place is known by a key, and places are numbered in the order of their keys. Keys of places that lie on each other in
z differ by 1. So one search finds the three places of a column that touch a place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from qaadcodec.arrays import Indices, Longs, Mask

SLOTS = 27  # a place and those around it; slot 26 - k lies opposite slot k
OWN = SLOTS // 2
STEPS = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)]).T  # (3, SLOTS)
COLUMNS = ((0, 1), (1, -1), (1, 0), (1, 1))  # x and y of columns beside a place: one of each two that lie opposite
X, Y = 42, 21  # bits that the parts of a key begin at
AT_ONCE = 8192  # pairs


class Pairs(NamedTuple):
    """Groups whose places touch, each two of them once.

    Attributes:
        slot: of the second group's place, as the first one has it around its own, (p,).
        here, there: the groups, (p,) each.
    """

    slot: Longs
    here: Indices
    there: Indices

    def parts(self) -> list[Pairs]:
        """The same in parts, at least one, whose numbers stay in the cache."""
        return [Pairs(*(each[at : at + AT_ONCE] for each in self)) for at in range(0, max(len(self.here), 1), AT_ONCE)]


def key(cells: Longs) -> Longs:
    """Keys (n,) of cells (3, n) of at most 20 bits an axis. The key of a neighbour is the key plus a constant."""
    keys: Longs = ((cells[0] + 1) << X) + ((cells[1] + 1) << Y) + cells[2] + 1
    return keys


def cells_of(keys: Longs) -> Longs:
    """The inverse of `key`: (3, n)."""
    each = (1 << Y) - 1
    return np.stack([keys >> X, keys >> Y & each, keys & each]) - 1


def ranked(keys: Longs) -> tuple[Longs, Longs]:
    """The different keys in their order, and the place of each key (n,) among them."""
    order = np.argsort(keys)
    ordered = keys[order]
    fresh = np.diff(ordered, prepend=-1) != 0
    of_key = np.empty(len(keys), dtype=np.int64)
    of_key[order] = np.cumsum(fresh) - 1
    return ordered[fresh], of_key


def pairs_of(keys: Longs) -> Pairs:
    """All pairs among places of these keys, sorted."""
    ended = np.append(keys, np.iinfo(np.int64).max)
    below = np.flatnonzero(np.diff(keys) == 1)
    found = [Pairs(np.full(len(below), OWN + 1), below, below + 1)]
    for x, y in COLUMNS:
        first = keys + ((x << X) + (y << Y) - 1)
        at = np.searchsorted(keys, first)
        for z in range(3):
            touching = ended.take(at) == first + z
            here = np.flatnonzero(touching)
            found.append(Pairs(np.full(len(here), 9 * x + 3 * y + OWN - 1 + z), here, at.take(here)))
            at += touching
    return _joined(found)


def pairs_within_patches(pairs: Pairs, places: int, place: Longs, patch: Longs) -> Pairs:
    """All pairs of groups of one patch.

    Args:
        pairs: of so many places.
        place, patch: of each group, (G,); they are different together.
    """
    patches = int(patch.max()) + 1
    known = place * patches + patch
    order = np.argsort(known)
    known = known[order]
    size = np.bincount(place, minlength=places)
    first = np.cumsum(size) - size
    leading, alone = order[first], size == 1
    patch_of_place = patch[leading]

    def within(few: Pairs) -> Pairs:
        # Most places are of one patch alone. In the others each group's patch is looked for.
        simple = alone.take(few.here) & alone.take(few.there)
        same = patch_of_place.take(few.here) == patch_of_place.take(few.there)
        slot, here, there = _only(few, simple & same)
        found = Pairs(slot, leading.take(here), leading.take(there))
        if simple.all():
            return found
        slot, here, there = _only(few, ~simple)
        times = size.take(here)
        slot, there = np.repeat(slot, times), np.repeat(there, times)
        here = order[np.repeat(first.take(here) - (np.cumsum(times) - times), times) + np.arange(len(slot))]
        sought = there * patches + patch.take(here)
        at = np.minimum(np.searchsorted(known, sought), len(known) - 1)
        return _joined([found, _only(Pairs(slot, here, order.take(at)), known.take(at) == sought)])

    return _joined([within(few) for few in pairs.parts()])


def _joined(pairs: Sequence[Pairs]) -> Pairs:
    """All of the pairs."""
    return Pairs(*map(np.concatenate, zip(*pairs, strict=True)))


def _only(pairs: Pairs, which: Mask) -> Pairs:
    """Some of the pairs."""
    chosen = np.flatnonzero(which)
    return Pairs(*(part.take(chosen) for part in pairs))
