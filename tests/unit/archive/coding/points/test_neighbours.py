"""Which groups touch and what lies around each, against every pair of them compared."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive.coding.points.neighbours import (
    columns_beside,
    groups_of_patches,
    in_column,
    key,
    pairs_of,
    ranked,
)
from qaadcodec.archive.coding.points.slopes import moments_of, quotient
from qaadcodec.archive.coding.points.sums_around import neighbours_of, sums_of_cells
from qaadcodec.arrays import Longs

Touching = set[tuple[int, int]]


def cells_and_patches(seed: int, span: int, low: int = 0) -> tuple[Longs, Longs]:
    """Cells (3, n) with repetitions, and a patch of each, (n,)."""
    rng = np.random.default_rng(seed)
    return rng.integers(low, low + span, (3, 150)), rng.integers(0, 4, 150)


def touching(places: Longs, patches: Longs) -> Touching:
    """All pairs of groups, (G, 3) with patches (G,), that touch, each both ways."""
    near = np.abs(places[:, None] - places[None]).max(axis=2) == 1
    i, j = np.nonzero(near & (patches[:, None] == patches[None]))
    return set(zip(i.tolist(), j.tolist(), strict=True))


def test_keys_are_ranked() -> None:
    ordered, of_key = ranked(np.array([7, 3, 7, 11, 3]))
    assert (ordered.tolist(), of_key.tolist()) == ([3, 7, 11], [1, 0, 1, 2, 0])


def test_the_key_of_a_neighbour_is_the_key_plus_a_constant() -> None:
    cells = np.array([[0, 3, 7], [1, 3, 8], [5, 0, (1 << 20) - 1]])
    for step, constant in (([1, 0, 0], 1 << 42), ([0, 1, 0], 1 << 21), ([0, 0, 1], 1)):
        assert (key(cells + np.array(step)[:, None]) - key(cells) == constant).all()


def test_a_column_is_found_by_one_search() -> None:
    found = in_column(np.array([4, 5, 9, 12]), np.array([3, 4, 7, 8, 10, 13]))
    assert [(here.tolist(), there.tolist()) for here, there in found] == [
        ([1], [0]),  # 4 itself
        ([0, 1, 3], [0, 1, 2]),  # 4 = 3 + 1, 5 = 4 + 1, 9 = 8 + 1
        ([0, 2, 4], [1, 2, 3]),  # 5 = 3 + 2, 9 = 7 + 2, 12 = 10 + 2
    ]


@pytest.mark.parametrize(("seed", "span", "low"), [(0, 4, 0), (1, 9, 0), (2, 3, (1 << 20) - 3), (3, 1, 5)])
def test_pairs_are_all_that_touch(seed: int, span: int, low: int) -> None:
    cells, patches = cells_and_patches(seed, span, low)
    keys, of_node = ranked(key(cells))
    columns = columns_beside(keys)
    own_keys, own_of_node, own_columns = groups_of_patches(keys, columns, of_node, patches)
    for groups, of, found, apart in (
        (keys, of_node, columns, np.zeros_like(patches)),
        (own_keys, own_of_node, own_columns, patches),
    ):
        places, patch = np.empty((len(groups), 3), np.int64), np.empty(len(groups), np.int64)
        places[of], patch[of] = cells.T, apart
        both: Touching = set()
        for step, here, there in pairs_of(groups, found):
            assert (places[there] - places[here] == step).all()
            assert len(set(here)) == len(here)
            assert len(set(there)) == len(there)
            both |= set(zip(here.tolist(), there.tolist(), strict=True))
            both |= set(zip(there.tolist(), here.tolist(), strict=True))
        assert both == touching(places, patch)
        assert len(groups) == len(set(zip(*cells.tolist(), apart.tolist(), strict=True)))


def test_sums_are_those_of_all_neighbours_by_their_weights() -> None:
    cells, _ = cells_and_patches(4, 6)
    keys, of_node = ranked(key(cells))
    places = np.empty((len(keys), 3), np.int64)
    places[of_node] = cells.T
    counts = np.random.default_rng(5).integers(1, 1 << 20, len(keys))
    pairs = pairs_of(keys, columns_beside(keys))
    steps = np.abs(places[:, None] - places[None])
    weights = np.where(steps.max(axis=2) <= 1, 8 >> np.minimum(steps.sum(axis=2), 3), 0)  # (G, G), its own among them
    assert (neighbours_of(pairs, len(keys)).sums(counts) == weights @ counts).all()
    for here in range(len(keys)):
        away = 8 * (places - places[here]).T
        expected = moments_of(away, counts * weights[here]).sum(axis=1)
        assert (sums_of_cells(pairs, counts)[:, here] == expected).all()


def test_quotients_are_exact_up_to_the_largest_numbers() -> None:
    rng = np.random.default_rng(6)
    divisor = np.concatenate([rng.integers(1, 1 << 27, 20_000), [1, 3, (1 << 27) - 1]])
    around = rng.integers(-(1 << 20), 1 << 20, len(divisor)) * divisor  # multiples, and one beside them
    for dividend in (around, around - 1, around + 1, rng.integers(-(1 << 47), 1 << 47, len(divisor))):
        assert (quotient(dividend, divisor.astype(np.float64)) == dividend // divisor).all()
