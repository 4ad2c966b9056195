"""The order in which clouds join: along chains of clouds that are alike, whatever the start."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.training.registration.joining import Joining


def on_a_line(*places: float) -> np.ndarray:
    return np.array([[place, 0.0] for place in places], np.float32)


def test_the_next_cloud_is_the_one_nearest_to_any_that_is_there() -> None:
    """5 is nearer to 4 than -2 is to 0, though -2 is nearer to the first."""
    places = on_a_line(0, 5, -2.5, 1, 2, 4, 3)
    joining = Joining.of(places, 0)
    assert places[joining.order, 0].tolist() == [0, 1, 2, 3, 4, 5, -2.5]
    assert places[joining.leaders, 0].tolist() == [0, 0, 1, 2, 3, 4, 0]


@pytest.mark.parametrize("first", [0, 17, 39])
def test_every_cloud_joins_once_next_to_one_that_came_before(first: int) -> None:
    latents = np.random.default_rng(1).standard_normal((40, 3)).astype(np.float32)
    joining = Joining.of(latents, first)
    order = joining.order
    assert order[0] == first
    assert sorted(order) == list(range(40))
    nearest = np.sort(np.linalg.norm(latents[:, None] - latents, axis=2), axis=1)[:, 8]
    for k in range(1, 40):
        ways = np.linalg.norm(latents[order[:k]] - latents[order[k]], axis=1)
        assert joining.leaders[k] == order[ways.argmin()]
        assert ways.min() <= max(nearest[order[k]], nearest[joining.leaders[k]])


def test_parts_that_no_neighbour_leads_to_follow_by_their_distance() -> None:
    groups = [np.full(10, x) + np.arange(10) * 1e-3 for x in (0.0, 200.0, 100.0)]
    order = Joining.of(on_a_line(*np.concatenate(groups)), 3).order
    assert [set(order[i : i + 10] // 10) for i in (0, 10, 20)] == [{0}, {2}, {1}]


def test_clouds_that_are_the_same_join_too() -> None:
    assert sorted(Joining.of(np.zeros((20, 4), np.float32), 5).order) == list(range(20))
    assert Joining.of(np.zeros((1, 4), np.float32), 0).order.tolist() == [0]


@pytest.mark.parametrize(("clouds", "counts"), [(100, [5, 43, 100, 100]), (7, [4, 4, 7, 7]), (2, [2, 2, 2, 2])])
def test_few_are_there_at_first_and_all_after_a_third_of_the_steps(clouds: int, counts: list[int]) -> None:
    joining = Joining.of(np.arange(clouds, dtype=np.float32)[:, None], 0)
    assert [joining.joined(fraction) for fraction in (0.0, 0.14, 0.35, 1.0)] == counts
