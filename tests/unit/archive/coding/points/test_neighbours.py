"""Which groups touch, against every pair of them compared."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive.coding.points.neighbours import (
    AT_ONCE,
    STEPS,
    Pairs,
    cells_of,
    key,
    pairs_of,
    pairs_within_patches,
    ranked,
)
from qaadcodec.arrays import Longs

Touching = set[tuple[int, int]]


def cells_and_patches(seed: int, span: int, low: int = 0, count: int = 150) -> tuple[Longs, Longs]:
    """Cells (3, n) with repetitions, and a patch of each, (n,)."""
    rng = np.random.default_rng(seed)
    return rng.integers(low, low + span, (3, count)), rng.integers(0, 4, count)


def touching(places: Longs, patches: Longs) -> Touching:
    """All pairs of groups, (G, 3) with patches (G,), that touch, each both ways."""
    near = np.abs(places[:, None] - places[None]).max(axis=2) == 1
    i, j = np.nonzero(near & (patches[:, None] == patches[None]))
    return set(zip(i.tolist(), j.tolist(), strict=True))


def check(pairs: Pairs, places: Longs, patches: Longs) -> None:
    """That these are all pairs among groups in places (G, 3) and patches (G,), once each, with their steps."""
    assert (places[pairs.there] - places[pairs.here] == STEPS.T[pairs.slot]).all()
    one_way = list(zip(pairs.here.tolist(), pairs.there.tolist(), strict=True))
    assert len(set(one_way)) == len(one_way)
    other_way = {(there, here) for here, there in one_way}
    assert not other_way & set(one_way)
    assert other_way | set(one_way) == touching(places, patches)


def test_keys_are_ranked() -> None:
    ordered, of_key = ranked(np.array([7, 3, 7, 11, 3]))
    assert (ordered.tolist(), of_key.tolist()) == ([3, 7, 11], [1, 0, 1, 2, 0])


def test_the_key_of_a_neighbour_is_the_key_plus_a_constant() -> None:
    cells = np.array([[0, 3, 7], [1, 3, 8], [5, 0, (1 << 20) - 1]])
    for step, constant in (([1, 0, 0], 1 << 42), ([0, 1, 0], 1 << 21), ([0, 0, 1], 1)):
        assert (key(cells + np.array(step)[:, None]) - key(cells) == constant).all()


def test_cells_come_back_from_their_keys() -> None:
    cells = np.array([[0, 3, (1 << 20) - 1], [(1 << 20) - 1, 0, 8], [5, (1 << 20) - 1, 0]])
    np.testing.assert_array_equal(cells_of(key(cells)), cells)


@pytest.mark.parametrize(("seed", "span", "low"), [(0, 4, 0), (1, 9, 0), (2, 3, (1 << 20) - 3), (3, 1, 5)])
def test_pairs_are_all_that_touch(seed: int, span: int, low: int) -> None:
    cells, patches = cells_and_patches(seed, span, low)
    keys, of_node = ranked(key(cells))
    pairs = pairs_of(keys)
    check(pairs, cells_of(keys).T, np.zeros_like(keys))
    together, _ = ranked(of_node * 4 + patches)
    place, patch = np.divmod(together, 4)
    check(pairs_within_patches(pairs, len(keys), place, patch), cells_of(keys).T[place], patch)
    mixed = np.random.default_rng(seed).permutation(len(place))  # groups are in any order
    place, patch = place[mixed], patch[mixed]
    check(pairs_within_patches(pairs, len(keys), place, patch), cells_of(keys).T[place], patch)


def test_many_pairs_are_compared_in_parts() -> None:
    cells = np.stack(np.meshgrid(*[np.arange(11)] * 3, indexing="ij")).reshape(3, -1)
    keys, _ = ranked(key(cells))
    pairs = pairs_of(keys)
    assert len(pairs.here) == (31**3 - 11**3) // 2 > AT_ONCE  # 31 pairs of places along an axis are 0 or 1 apart
    assert sum(len(part.here) for part in pairs.parts()) == len(pairs.here)
    patch = cells_of(keys)[0] % 2
    check(pairs_within_patches(pairs, len(keys), np.arange(len(keys)), patch), cells_of(keys).T, patch)
