"""Points drawn from surfaces: uniform by area, on the surface, the same for the same seed and name."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.clouds.surface import Drawing, areas_of, draw, finite_triangles, mesh_of
from qaadcodec.errors import CloudError

# Two triangles far apart whose areas are 1 and 3 halves, and one without area between them.
VERTICES = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [10, 0, 5], [13, 0, 5], [10, 1, 5]], np.float64)
TRIANGLES = np.array([[0, 1, 2], [0, 1, 1], [3, 4, 5]])


def drawn(m: int, seed: int = 0, name: str = "a", vertices: np.ndarray = VERTICES) -> np.ndarray:
    return draw(vertices, TRIANGLES, Drawing(m, seed), name, "a.ply")


@pytest.mark.parametrize("m", [1, 4, 400, 4001])
@pytest.mark.parametrize("seed", range(3))
def test_each_triangle_gets_its_share(m: int, seed: int) -> None:
    points = drawn(m, seed)
    assert points.shape == (m, 3)
    assert abs(np.count_nonzero(points[:, 0] < 5) - m / 4) <= 1
    np.testing.assert_allclose(areas_of(VERTICES, TRIANGLES) / areas_of(VERTICES, TRIANGLES)[0], [1, 0, 3])


def test_points_are_uniform_within_a_triangle() -> None:
    points = drawn(40_000)
    small, large = points[points[:, 0] < 5], points[points[:, 0] > 5]
    assert (small[:, 2] == 0).all()
    assert np.abs(large[:, 2] - 5).max() < 1e-12
    for part, corner, sides in ((small, [0, 0], [1, 1]), (large, [10, 0], [3, 1])):
        u = (part[:, :2] - corner) / sides
        assert u.min() >= 0
        assert u.sum(axis=1).max() <= 1 + 1e-12
        np.testing.assert_allclose(u.mean(axis=0), 1 / 3, atol=0.01)  # the centroid
        np.testing.assert_allclose(np.mean(u[:, 0] * u[:, 1]), 1 / 12, atol=0.003)  # as of Dirichlet(1, 1, 1)
        cells = np.histogram2d(*u.T, bins=4, range=[[0, 1], [0, 1]])[0]
        inside = cells[np.add.outer(np.arange(4), np.arange(4)) < 3]
        np.testing.assert_allclose(inside, len(u) / 8, rtol=0.1)


def test_seed_and_name_decide() -> None:
    np.testing.assert_array_equal(drawn(50), drawn(50))
    assert (drawn(50) != drawn(50, seed=1)).any()
    assert (drawn(50) != drawn(50, name="b")).any()
    assert drawn(50, name="\udcff").shape == (50, 3)


def test_the_type_is_that_of_the_vertices_and_no_size_overflows() -> None:
    assert drawn(9, vertices=VERTICES.astype(np.float32)).dtype == np.float32
    for scale in (1e90, 1e-90):
        points = drawn(400, vertices=VERTICES * scale)
        np.testing.assert_allclose(points, drawn(400) * scale, rtol=1e-12, atol=1e-12 * scale)


def test_no_area_is_an_error() -> None:
    for triangles in (TRIANGLES[:0], TRIANGLES[1:2]):
        with pytest.raises(CloudError) as caught:
            draw(VERTICES, triangles, Drawing(5, 0), "a", "a.ply")
        assert str(caught.value) == "a.ply: its faces have no area, so no points can be drawn from them"


def test_triangles_with_corners_that_are_not_finite_are_left_out() -> None:
    vertices = VERTICES.copy()
    vertices[2, 1] = np.nan
    np.testing.assert_array_equal(finite_triangles(vertices, TRIANGLES), TRIANGLES[1:])
    assert (draw(vertices, finite_triangles(vertices, TRIANGLES), Drawing(20, 0), "a", "a")[:, 0] >= 10).all()


def test_a_mesh_is_what_has_area_and_its_corners() -> None:
    vertices = np.array([[0.0, 0, 0], [9, 9, 9], [1, 0, 0], [0, 1, 0], [np.nan, 0, 0], [2, 0, 0]])
    triangles = np.array([[0, 2, 3], [0, 2, 4], [0, 2, 5], [2, 2, 3], [5, 3, 2]])
    mesh = mesh_of(vertices, triangles)
    assert mesh is not None
    np.testing.assert_array_equal(mesh.vertices, vertices[[0, 2, 3, 5]])
    np.testing.assert_array_equal(mesh.triangles, [[0, 1, 2], [3, 2, 1]])
    assert mesh_of(vertices, triangles[1:4]) is None
    assert mesh_of(vertices, triangles[:0]) is None
