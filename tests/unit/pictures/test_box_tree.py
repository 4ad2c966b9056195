"""Distances to triangles, against what is known and against every triangle looked at."""

from __future__ import annotations

import numpy as np
import pytest
from fixtures.shapes import ball, box

from qaadcodec.arrays import Doubles
from qaadcodec.pictures.box_tree import BoxTree, curve_places


def to_segment(points: Doubles, a: Doubles, b: Doubles) -> Doubles:
    """From points (m, 1, 3) to segments (T, 3): (m, T)."""
    along = b - a
    length = np.maximum((along**2).sum(axis=-1), 1e-300)
    share = np.clip(((points - a) * along).sum(axis=-1) / length, 0, 1)
    return np.asarray(np.linalg.norm(points - (a + share[..., None] * along), axis=-1))


def every_distance(points: Doubles, corners: Doubles) -> Doubles:
    """The distance to the nearest triangle by looking at all: their edges, and their planes where a point is above."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    p = points[:, None]
    edges = np.minimum(np.minimum(to_segment(p, a, b), to_segment(p, b, c)), to_segment(p, c, a))
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=-1)
    normal = normal / np.maximum(length, 1e-300)[:, None]
    inside = np.all(
        [(np.cross(normal, y - x) * (p - x)).sum(axis=-1) >= 0 for x, y in ((a, b), (b, c), (c, a))], axis=0
    )
    plane = np.abs(((p - a) * normal).sum(axis=-1))
    return np.asarray(np.where(inside & (length > 0), np.minimum(plane, edges), edges).min(axis=1))


def test_inside_and_outside_of_a_cube() -> None:
    mesh = box()
    points = np.random.default_rng(0).uniform(-3, 3, (500, 3))
    outside = np.linalg.norm(np.maximum(np.abs(points) - 1, 0), axis=1)
    within = 1 - np.abs(points).max(axis=1)
    expected = np.where(within > 0, within, outside)
    tree = BoxTree.of(mesh.vertices[mesh.triangles])
    np.testing.assert_allclose(tree.distances(points), expected, atol=1e-12)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 64, 65, 600])
def test_it_is_the_nearest_of_all(count: int) -> None:
    rng = np.random.default_rng(count)
    corners = rng.normal(size=(count, 1, 3)) + 0.3 * rng.normal(size=(count, 3, 3))
    points = 2 * rng.normal(size=(200, 3))
    np.testing.assert_allclose(BoxTree.of(corners).distances(points), every_distance(points, corners), rtol=1e-9)


def test_triangles_without_area_are_segments_and_points() -> None:
    corners = np.array([[[0.0, 0, 0], [1, 0, 0], [0.5, 0, 0]], [[5.0, 5, 5]] * 3])
    points = np.array([[0.5, 2.0, 0.0], [-1.0, 0, 0], [5.0, 5, 8]])
    np.testing.assert_allclose(BoxTree.of(corners).distances(points), [2, 1, 3])


def test_large_and_small_triangles_side_by_side() -> None:
    """A point above the middle of a large one, nearer to the middles of many small ones."""
    small = ball(400).vertices[ball(400).triangles] * 0.01
    large = np.array([[[-100.0, -100, -1], [100, -100, -1], [0, 200, -1]]])
    tree = BoxTree.of(np.concatenate([small + np.array([0, 0, 1]), large]))
    np.testing.assert_allclose(tree.distances(np.array([[0.5, 0, -0.9], [0, 0, 1.11]])), [0.1, 0.1], rtol=0.01)


def test_neighbours_on_the_curve_are_near() -> None:
    places = np.random.default_rng(1).random((4000, 3))
    ordered = places[np.argsort(curve_places(places))]
    steps = np.linalg.norm(np.diff(ordered, axis=0), axis=1)
    assert steps.mean() < 0.15  # at random it would be 0.66
    assert curve_places(np.zeros((2, 3))).tolist() == [0, 0]
