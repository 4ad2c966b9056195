"""Normals of points whose surface is known, and of points that have none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from qaadcodec.metrics.normals import BLOCK, normals
from qaadcodec.metrics.point_tree import PointTree

RNG = np.random.default_rng(3)


def plane(count: int) -> npt.NDArray[np.float64]:
    """Points of the plane z = 0."""
    return np.column_stack([RNG.uniform(-1, 1, (count, 2)), np.zeros(count)])


def test_points_of_a_plane_have_its_normal() -> None:
    found = normals(PointTree.of(plane(BLOCK + 100)))  # more than a block
    assert np.abs(found) == pytest.approx(np.tile([0.0, 0, 1], (BLOCK + 100, 1)), abs=1e-12)


def test_a_plane_far_from_the_origin() -> None:
    axis = np.array([2.0, -1, 2]) / 3
    across = np.linalg.svd(axis[None])[2][1:]  # (2, 3): two directions within the plane
    found = normals(PointTree.of(plane(300)[:, :2] @ across + np.array([5e6, 4e5, 100])))
    assert np.abs(found @ axis) == pytest.approx(np.ones(300), abs=1e-6)


def test_points_of_a_sphere_have_normals_along_the_radius() -> None:
    sphere = RNG.standard_normal((20_000, 3))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    cosine = np.abs(np.einsum("ij,ij->i", normals(PointTree.of(sphere)), sphere))
    assert np.linalg.norm(normals(PointTree.of(sphere)), axis=1) == pytest.approx(np.ones(20_000))
    assert cosine.min() > 0.99


def test_a_few_points_have_the_normal_of_them_all() -> None:
    triangle = np.array([[0.0, 0, 5], [1, 0, 5], [0, 1, 5]])
    assert np.abs(normals(PointTree.of(triangle))) == pytest.approx(np.tile([0.0, 0, 1], (3, 1)), abs=1e-12)


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((1, 3)),
        np.array([[0.0, 0, 0], [1, 2, 3]]),
        np.ones((40, 3)),
        np.outer(np.arange(40.0), [1, 2, -1]) + 7.0,
        np.outer(np.arange(5.0), [0.1, 0.7, 0.3]),
        np.full((30, 3), 1e-200) * np.arange(30)[:, None],
    ],
    ids=["one point", "two points", "one place", "a line", "a short line", "too small for squares"],
)
def test_what_spans_no_plane_has_no_normal(points: npt.NDArray[np.float64]) -> None:
    assert np.isnan(normals(PointTree.of(points))).all()


def test_only_where_points_coincide_is_there_no_normal() -> None:
    cloud = np.concatenate([plane(100), np.tile([5.0, 5, 5], (20, 1))])
    found = np.isnan(normals(PointTree.of(cloud))).all(1)
    assert found.tolist() == 100 * [False] + 20 * [True]
