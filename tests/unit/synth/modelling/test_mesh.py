"""Points are uniform by area: shares and moments known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.synth.modelling.mesh import Mesh, sample_surface, triangle_areas

# Two triangles of areas 1/2 and 3/2, in planes of their own, and one without area.
SHEET = Mesh(
    np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 5], [3, 0, 5], [0, 1, 5]], np.float32),
    np.array([[0, 1, 2], [3, 3, 4], [3, 4, 5]]),
)
POINTS = 40_000


def test_areas_are_half_the_cross_product() -> None:
    assert triangle_areas(SHEET.vertices, SHEET.triangles).tolist() == [0.5, 0, 1.5]


def test_triangles_get_points_in_proportion_to_their_areas() -> None:
    p = sample_surface(SHEET.vertices, SHEET.triangles, POINTS, np.random.default_rng(1))
    assert set(np.unique(p[:, 2])) == {0.0, 5.0}
    assert (p[:, 2] == 5).mean() == pytest.approx(0.75, abs=4 * np.sqrt(0.75 * 0.25 / POINTS))


def test_points_are_uniform_within_a_triangle() -> None:
    p = sample_surface(SHEET.vertices[:3], SHEET.triangles[:1], POINTS, np.random.default_rng(2))
    assert (p[:, 0] + p[:, 1]).max() <= 1 + 1e-6
    # Mean 1/3, variance 1/18 and covariance -1/36 of the uniform distribution on the unit triangle.
    assert p.mean(0) == pytest.approx([1 / 3, 1 / 3, 0], abs=0.005)
    assert np.cov(p[:, :2].T).ravel() == pytest.approx([1 / 18, -1 / 36, -1 / 36, 1 / 18], abs=0.001)


def test_points_come_in_random_order() -> None:
    p = sample_surface(SHEET.vertices, SHEET.triangles, POINTS, np.random.default_rng(3))
    high = p[:, 2] == 5
    assert np.mean(high[1:] == high[:-1]) == pytest.approx(0.75**2 + 0.25**2, abs=0.02)


def test_joined_meshes_keep_their_triangles() -> None:
    joined = Mesh.join([SHEET, SHEET])
    assert joined.triangles[3:].tolist() == (SHEET.triangles + 6).tolist()
    assert triangle_areas(joined.vertices, joined.triangles).sum() == 4.0
