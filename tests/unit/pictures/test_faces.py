"""Faces of meshes: normals that are smooth where the shape is, and have edges where it has."""

from __future__ import annotations

import numpy as np
import pytest
from fixtures.shapes import ball, box

from qaadcodec.arrays import Doubles
from qaadcodec.clouds import Mesh
from qaadcodec.pictures import faces as module
from qaadcodec.pictures.faces import Faces, faces_of, same_places


def faces(mesh: Mesh, middle: tuple[float, float, float] = (0, 0, 0)) -> Faces:
    found = faces_of(mesh, len(mesh.vertices), np.array(middle, np.float64))
    assert found is not None
    return found


def flat_normals(mesh: Mesh) -> Doubles:
    a, b, c = (mesh.vertices[corner] for corner in mesh.triangles.T)
    across = np.cross(b - a, c - a)
    return np.asarray(across / np.linalg.norm(across, axis=1, keepdims=True))


@pytest.mark.parametrize("unit", [1.0, 1e90, 1e-90])
def test_a_ball_is_smooth_however_its_faces_wind(unit: float) -> None:
    mesh = ball(800)
    found = faces(Mesh(unit * mesh.vertices, mesh.triangles))
    outwards = mesh.vertices[mesh.triangles]  # (T, 3, 3)
    assert np.abs((found.normals * outwards).sum(axis=-1)).min() > 0.999
    # Each on the side that its own face winds round.
    assert (found.normals * flat_normals(mesh)[:, None]).sum(axis=-1).min() > 0.9


def test_a_cube_has_edges() -> None:
    mesh = box()
    np.testing.assert_allclose(faces(mesh).normals, np.repeat(flat_normals(mesh)[:, None], 3, axis=1), atol=1e-12)


def test_repeated_vertices_are_one_place() -> None:
    mesh = ball(300)
    soup = Mesh(mesh.vertices[mesh.triangles].reshape(-1, 3), np.arange(3 * len(mesh.triangles)).reshape(-1, 3))
    np.testing.assert_allclose(faces(soup).normals, faces(mesh).normals, atol=1e-9)


def test_places_are_counted() -> None:
    places = same_places(np.array([[1.0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 0, 1], [-0.0, 1, 0]]))
    assert places[0] == places[2]
    assert places[1] == places[4]
    assert sorted(set(places.tolist())) == [0, 1, 2]


def test_a_fan_of_thousands_takes_no_square_of_time() -> None:
    turns = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    rim = np.stack([np.cos(turns), np.sin(turns), np.zeros(20_000)], axis=1)
    rows = np.arange(1, 20_001)
    triangles = np.stack([np.zeros(20_000, np.int64), rows, rows % 20_000 + 1], axis=1)
    found = faces(Mesh(np.vstack([[0.0, 0, 0], rim]), triangles))
    np.testing.assert_allclose(found.normals, np.broadcast_to([0.0, 0, 1], found.normals.shape), atol=1e-9)


def test_what_is_not_drawn_by_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    mesh, zero = box(), np.zeros(3)
    assert faces_of(None, 8, zero) is None
    assert faces_of(mesh, 8, zero) is not None
    assert faces_of(mesh, 20, zero) is None  # most points belong to no face
    monkeypatch.setattr(module, "MOST_FACES", 11)
    assert faces_of(mesh, 8, zero) is None


def test_the_middle_becomes_the_origin() -> None:
    found = faces(Mesh(box().vertices + 5, box().triangles), (5, 5, 4))
    assert found.vertices.min(axis=0).tolist() == [-1, -1, 0]
    assert found.corners.shape == (12, 3, 3)
