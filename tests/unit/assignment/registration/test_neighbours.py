"""Walks between neighbouring rows: means stay means, mass does not cross gaps, more steps reach farther."""

from __future__ import annotations

import numpy as np

from qaadcodec.assignment.registration.neighbours import Neighbours


def test_a_constant_stays_what_it_is_and_values_stay_between_their_extremes() -> None:
    cloud = np.random.default_rng(0).random((300, 3))
    neighbours = Neighbours.of(cloud)
    np.testing.assert_allclose(neighbours.smooth(np.full((300, 2), 3.5), 40), 3.5, rtol=1e-5)
    values = neighbours.smooth(cloud, 25)
    assert (values.min(0) > cloud.min(0)).all()
    assert (values.max(0) < cloud.max(0)).all()


def test_zero_steps_change_nothing() -> None:
    cloud = np.random.default_rng(1).random((50, 3)).astype(np.float32)
    np.testing.assert_array_equal(Neighbours.of(cloud).smooth(cloud, 0), cloud)


def test_nothing_crosses_from_one_part_to_another() -> None:
    cloud = np.random.default_rng(2).random((200, 3))
    cloud[100:] += 10.0
    smoothed = Neighbours.of(cloud).smooth(np.repeat([0.0, 1.0], 100)[:, None], 200)
    np.testing.assert_array_equal(smoothed[:100], 0.0)
    np.testing.assert_allclose(smoothed[100:], 1.0, rtol=1e-5)


def test_noise_is_averaged_the_more_the_farther_a_walk_reaches() -> None:
    rng = np.random.default_rng(3)
    neighbours, noise = Neighbours.of(rng.random((2000, 3)) * [1, 1, 0]), rng.standard_normal((2000, 1))
    spreads = [float(neighbours.smooth(noise, steps).std()) for steps in (0, 4, 16, 64)]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[3] < 0.15 * spreads[0]


def test_clouds_of_few_or_coinciding_points_are_no_trouble() -> None:
    assert Neighbours.of(np.zeros((1, 3))).smooth(np.ones((1, 1)), 5)[0, 0] == np.float32(0.5) ** 5
    np.testing.assert_allclose(Neighbours.of(np.zeros((30, 3))).smooth(np.ones((30, 1)), 5), 1.0, rtol=1e-5)
