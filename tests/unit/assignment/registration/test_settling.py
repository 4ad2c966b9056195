"""Rows near a surface settle on it, and all of it gets rows."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from qaadcodec.assignment.registration.settling import Settling, best_match, toward
from qaadcodec.assignment.registration.surface import Surface


def ellipsoid(count: int, axes: tuple[float, float, float], seed: int) -> np.ndarray:
    points = np.random.default_rng(seed).standard_normal((count, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True) * axes


def test_a_sphere_settles_on_an_ellipsoid() -> None:
    cloud, rows = ellipsoid(4000, (1.0, 0.8, 1.2), 0), ellipsoid(4000, (1.0, 1.0, 1.0), 1)
    surface = Surface.of(cloud)
    settled = Settling.of(rows, 0).settled(rows, surface, np.random.default_rng(2))
    before, after = (np.sqrt(np.square(surface.tree.query(x)[0]).mean()) for x in (rows, settled))
    uncovered = np.sqrt(np.square(cKDTree(settled).query(cloud)[0]).mean())
    assert before > 0.1
    assert after < 0.035
    assert uncovered < 0.045
    directions = settled / (1.0, 0.8, 1.2)
    cosines = np.einsum("ni,ni->n", directions, rows) / np.linalg.norm(directions, axis=1)
    assert cosines.mean() > 0.99  # rows did not wander along it


def test_rows_that_lie_on_the_surface_stay_there() -> None:
    cloud = ellipsoid(3000, (1.0, 1.0, 1.0), 3)
    settled = Settling.of(cloud, 0).settled(cloud, Surface.of(cloud), np.random.default_rng(4))
    assert np.sqrt(np.square(settled - cloud).sum(1).mean()) < 0.02


def test_of_two_sheets_the_one_that_looks_the_same_way_is_met() -> None:
    flat, upright = np.array([[0.0, 0.0, 0.0]]), np.array([[0.0, 0.0, 0.1]])
    points, normals = np.concatenate([flat, upright]), np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    place = np.array([[0.0, 0.0, 0.06]])
    row, distance, cosine = best_match(place, np.array([[0.0, 0.0, -1.0]]), cKDTree(points), normals)
    assert (row[0], cosine[0]) == (0, 1.0)  # 0.06² against 5 · 0.04²
    np.testing.assert_allclose(distance, 0.04)


def test_of_the_way_along_the_surface_two_median_distances_are_taken_for_chance() -> None:
    points = np.array([[10.0 * i, 0.0, 0.0] for i in range(6)])
    upward = np.tile([0.0, 0.0, 1.0], (6, 1))
    surface = Surface(points, upward, 10.0, cKDTree(points))
    places = np.array([[1.0, 0.0, 0.0], [10.0, 2.0, 0.0], [16.0, 0.0, 3.0]])  # nearest: 1, 2 and 5 far
    normals = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    way, weight = toward(places, normals, surface)
    np.testing.assert_allclose(
        way, [[0, 0, 0], [0, 0, 0], [0, 0, -3]], atol=1e-12
    )  # 4 along it are less than 2 · 2 far
    np.testing.assert_allclose(weight, [0.05, 1.05, 1.05])
    way, _ = toward(places - [[0, 0, 0], [0, 1, 0], [0, 0, 0]], normals, surface)
    np.testing.assert_allclose(way[2], [2, 0, -3])  # the median is 1
