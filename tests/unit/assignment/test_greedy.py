"""QAAD-Greedy: the best match in each subspace, and the rules for duplicates and leftovers."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from qaadcodec.assignment.greedy import complete, greedy


def line(*values: float) -> np.ndarray:
    return np.array([[v, 0.0, 0.0] for v in values], np.float32)


def test_one_subspace_gives_the_cheapest_permutation() -> None:
    rng = np.random.default_rng(4)
    prediction, target = rng.standard_normal((2, 6, 3))

    def cost(order: object) -> float:
        return float(((prediction - target[np.asarray(order)]) ** 2).sum())

    found = greedy(prediction, target, 6, rng)
    assert cost(found) == pytest.approx(min(map(cost, permutations(range(6)))), rel=1e-12)


@pytest.mark.parametrize("leaf", [1, 7, 64, 500])
def test_a_shuffled_cloud_is_recovered_whatever_the_leaf(leaf: int) -> None:
    rng = np.random.default_rng(5)
    cloud, shuffle = rng.standard_normal((301, 3)).astype(np.float32), rng.permutation(301)
    assert shuffle[greedy(cloud, cloud[shuffle], leaf, rng)].tolist() == list(range(301))


def test_of_duplicates_the_nearest_keeps_the_target() -> None:
    prediction, target = line(0.0, 1.25, 5.0), line(1.0, 7.0, 5.0)
    # Rows 0 and 1 both want target 0; row 1 is nearer, so row 0 gets target 1, the only one left.
    assert complete(np.array([0, 0, 2]), prediction, target, np.random.default_rng(0)).tolist() == [1, 0, 2]


def test_of_equally_near_duplicates_the_first_keeps_the_target() -> None:
    prediction, target = line(3.0, 0.0, 2.0), line(9.0, 1.0, 3.0)
    assert complete(np.array([2, 1, 1]), prediction, target, np.random.default_rng(0)).tolist() == [2, 1, 0]


def test_a_row_without_a_match_gets_what_is_left() -> None:
    prediction, target = line(0.0, 1.0, 2.0), line(0.0, 1.0, 2.0)
    assert complete(np.array([-1, 2, 0]), prediction, target, np.random.default_rng(0)).tolist() == [1, 2, 0]


def test_leftovers_are_drawn_uniformly() -> None:
    cloud, nothing = line(0.0, 1.0, 2.0), np.full(3, -1)
    rng = np.random.default_rng(6)
    drawn, times = np.unique([complete(nothing, cloud, cloud, rng) for _ in range(1200)], axis=0, return_counts=True)
    assert drawn.tolist() == [list(order) for order in permutations(range(3))]
    assert times.min() > 140  # 200 expected, standard deviation 13
    assert times.max() < 260


def test_a_bijection_is_left_alone_and_draws_nothing() -> None:
    rng, twin = np.random.default_rng(7), np.random.default_rng(7)
    order = np.array([3, 0, 2, 1])
    assert complete(order, line(0, 1, 2, 3), line(9, 8, 7, 6), rng).tolist() == [3, 0, 2, 1]
    assert rng.random() == twin.random()


def test_the_nearest_is_found_in_full_precision() -> None:
    """Two rows 2^-30 apart from each other in their distance: float32 differences would call them equal."""
    prediction = np.array([[1.0, 0, 0], [1.0, 0, 0]])
    prediction[1, 0] += 2.0**-30
    target = np.array([[2.0, 0, 0], [-5.0, 0, 0]])
    assert complete(np.array([0, 0]), prediction, target, np.random.default_rng(0)).tolist() == [1, 0]
