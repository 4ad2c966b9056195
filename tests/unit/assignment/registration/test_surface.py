"""Places on sampled surfaces: planes, spheres, thin plates, and clouds that are no surface."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.assignment.registration.surface import Surface


def sphere(count: int, seed: int) -> np.ndarray:
    points = np.random.default_rng(seed).standard_normal((count, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def test_a_point_above_a_plane_falls_straight_onto_it() -> None:
    rng = np.random.default_rng(0)
    plane = np.column_stack([rng.random((2000, 2)), np.full(2000, 0.25)])
    above = np.column_stack([0.2 + 0.6 * rng.random((50, 2)), 0.25 + 0.01 * rng.random(50)])
    places = Surface.of(plane).nearest_place(above)
    np.testing.assert_allclose(places[:, 2], 0.25, atol=1e-12)
    np.testing.assert_allclose(places[:, :2], above[:, :2], atol=1e-12)


def test_places_near_a_sphere_lie_on_it_and_normals_point_outward_or_inward() -> None:
    surface = Surface.of(sphere(20000, 1))
    cosines = np.abs(np.einsum("ni,ni->n", surface.normals, surface.points))
    assert cosines.min() > 0.99
    places = surface.nearest_place(1.02 * sphere(500, 2))
    assert np.abs(np.linalg.norm(places, axis=1) - 1.0).max() < 1e-3


def test_sampled_points_of_a_wall_do_not_pull_at_a_place_on_the_floor() -> None:
    rng = np.random.default_rng(3)
    floor = np.column_stack([rng.random((2000, 2)), np.zeros(2000)])
    wall = np.column_stack([rng.random(2000), np.full(2000, 0.5), 0.05 + 0.95 * rng.random(2000)])
    near = np.column_stack([0.1 + 0.8 * rng.random(40), np.full(40, 0.52), np.full(40, 0.01)])
    places = Surface.of(np.concatenate([floor, wall])).nearest_place(near)
    assert np.abs(places[:, 2]).max() < 5e-3


def test_places_on_what_bends_within_few_points_do_not_come_to_lie_inside_of_it() -> None:
    surface = Surface.of(sphere(1000, 4))
    depth = 1.0 - np.linalg.norm(surface.nearest_place(sphere(2000, 5)), axis=1)
    assert 0 < depth.mean() < 0.02 * surface.spacing


@pytest.mark.parametrize("points", [1, 2, 5])
def test_points_that_span_no_plane_have_no_normal_and_leave_others_where_they_are(points: int) -> None:
    line = np.outer(np.arange(points), [1.0, 0.0, 0.0])
    surface = Surface.of(line)
    assert not surface.normals.any()
    np.testing.assert_array_equal(surface.nearest_place(line + 0.5), line + 0.5)
