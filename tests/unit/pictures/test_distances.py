"""The distance that is shown as error, where it is known."""

from __future__ import annotations

import numpy as np
import pytest
from fixtures.shapes import sphere, square

from qaadcodec.pictures.distances import distances_to_surface


def test_a_moved_point_is_as_far_off_as_it_was_moved() -> None:
    original = square(40)
    moved = original.copy()
    moved[820] += (0, 0, 0.3)
    distances = distances_to_surface(moved, original)
    assert distances[820] == pytest.approx(0.3, abs=1e-12)
    assert np.delete(distances, 820).max() < 1e-12


def test_between_points_of_a_surface_there_is_no_error() -> None:
    between = square(39, half=1 - 1 / 39)
    assert distances_to_surface(between, square(40)).max() < 1e-12


def test_beyond_the_edge_the_distance_grows() -> None:
    beside = np.array([[2.0, 0.0, 0.0], [3.0, 0.0, 0.0]])
    near, far = distances_to_surface(beside, square(40))
    assert 0.9 < near < 1.0  # to the rim of a disc at the edge
    assert far - near == pytest.approx(1.0, abs=1e-3)


def test_a_larger_sphere_is_so_much_farther_off() -> None:
    distances = distances_to_surface(sphere(1000, radius=1.05), sphere(5000))
    np.testing.assert_allclose(distances, 0.05, atol=2e-3)  # discs of 0.05 are flat


def test_one_point_is_a_point() -> None:
    assert distances_to_surface(np.array([[3.0, 4.0, 0.0]]), np.zeros((1, 3))) == pytest.approx(5.0)
