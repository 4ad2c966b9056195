"""Sums over what lies around each group, against every pair of groups compared."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive.coding.points.neighbours import cells_of, key, pairs_of, ranked
from qaadcodec.archive.coding.points.slopes import moments_of
from qaadcodec.archive.coding.points.sums_around import (
    exact,
    exact_in_cells,
    neighbours_of,
    sums_of_cells,
    sums_of_places,
)
from qaadcodec.arrays import Longs


def places(seed: int, span: int) -> tuple[Longs, Longs]:
    """Keys of places, and the weight that each has around each, (G, G)."""
    keys, _ = ranked(key(np.random.default_rng(seed).integers(0, span, (3, 150))))
    steps = np.abs(cells_of(keys)[:, :, None] - cells_of(keys)[:, None])
    return keys, np.where(steps.max(axis=0) <= 1, 8 >> np.minimum(steps.sum(axis=0), 3), 0)


@pytest.mark.parametrize("most", [9, 1 << 20])
def test_sums_of_cells_are_those_of_all_neighbours_by_their_weights(most: int) -> None:
    keys, weights = places(4, 6)
    counts = np.random.default_rng(5).integers(1, most, len(keys))
    kind = exact_in_cells(int(counts.max()))
    assert kind == (np.float32 if most == 9 else np.float64)
    sums = sums_of_cells(pairs_of(keys), counts, kind)
    for here in range(len(keys)):
        away = 8 * (cells_of(keys) - cells_of(keys)[:, here : here + 1])
        np.testing.assert_array_equal(sums[:, here], moments_of(away, counts * weights[here]).sum(axis=1))


@pytest.mark.parametrize(("most", "heaviest"), [(2, 1), (1 << 20, 1), (2, (1 << 20) + 1)])
@pytest.mark.parametrize("depth", [1, 5])
def test_sums_of_places_are_about_the_middle_of_each(depth: int, most: int, heaviest: int) -> None:
    keys, weights = places(6, 5)
    rng, width = np.random.default_rng(7), 8 << depth
    nodes = np.repeat(np.arange(len(keys)), 3)
    inside = 8 * rng.integers(0, 1 << depth, (3, len(nodes))) + 4 - width // 2
    counts = rng.integers(1, most, len(nodes))
    counts[inside[0].argmin()] = heaviest  # far from the middle of its place, downwards along x
    moments = moments_of(inside.astype(np.float64), counts.astype(np.float64))
    own = moments.reshape(10, -1, 3).sum(axis=2)
    sums = sums_of_places(neighbours_of(pairs_of(keys), len(keys)), own, width)
    middles = cells_of(keys) * width
    for here in range(len(keys)):
        away = middles[:, nodes] + inside - middles[:, here : here + 1]
        expected = moments_of(away, counts * weights[here, nodes]).sum(axis=1)
        np.testing.assert_array_equal(sums[:, here], expected)


def test_single_precision_is_taken_while_it_holds_three_times_the_moments() -> None:
    # All points in the eight corners and twelve edges and so on: the weights of the slots sum to 64, distances are 8.
    assert exact_in_cells(1365) == np.float32
    assert exact_in_cells(1366) == np.float64
    assert exact(1820, 8) == np.float32
    assert exact(1821, 8) == np.float64
