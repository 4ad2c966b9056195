"""Pictures of known things: the outline of a sphere, what hides what, light and colours."""

from __future__ import annotations

import numpy as np
import pytest
from fixtures.shapes import ball, box, sphere, square

from qaadcodec.arrays import Doubles
from qaadcodec.clouds import Mesh
from qaadcodec.pictures.colours import ERROR, PLAIN
from qaadcodec.pictures.draw import Frame, Sight, look_at, look_at_faces, paint
from qaadcodec.pictures.faces import faces_of
from qaadcodec.pictures.views import VIEWS, camera

SIDE = 120


def frame(view: str = "front", half: float = 1.25) -> Frame:
    """From -half to half, each way."""
    return Frame(camera(VIEWS[view]), np.zeros(3), 2 * half / SIDE, SIDE, SIDE, finer=2)


@pytest.mark.parametrize("view", VIEWS)
def test_a_sphere_is_a_disc_of_its_size(view: str) -> None:
    opacity = paint(look_at(sphere(4000), frame(view)), PLAIN)[..., 3]
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2
    from_middle = np.hypot(x, y) * 2.5 / SIDE
    assert opacity[from_middle < 0.98].min() == 1  # without a hole
    assert opacity[from_middle > 1.05].max() == 0
    assert opacity.sum() * (2.5 / SIDE) ** 2 == pytest.approx(np.pi, rel=0.03)


def test_depth_and_normals_of_a_sphere() -> None:
    sight = look_at(sphere(4000), frame())
    y, x = (np.mgrid[: 2 * SIDE, : 2 * SIDE] + 0.5 - SIDE) * 1.25 / SIDE
    near = np.hypot(x, y) < 0.8
    z = np.sqrt(np.maximum(1 - x**2 - y**2, 0))
    np.testing.assert_allclose(sight.depth[near] * 1.25 / SIDE, z[near], atol=0.01)
    along = (sight.normals * np.stack([x, y, z], axis=-1)).sum(axis=-1)
    assert along[near].min() > 0.995


def test_nearer_points_hide_farther_ones() -> None:
    points = np.concatenate([square(40, z=-0.5), square(16, z=0.5, half=0.4)])
    values = np.repeat([0.0, 1.0], [1600, 256])
    sight = look_at(points, frame(), values)
    seen = sight.values[::2, ::2]
    assert (seen[48:72, 48:72] == 1).all()  # before the middle of the large one
    assert (seen[15:25, 15:105] == 0).all()
    behind = look_at(points * (1, 1, -1), frame(), values)
    assert (behind.values[30:210, 30:210] == 0).all()


def test_light_comes_from_the_upper_left_and_hollows_are_darker() -> None:
    grey = paint(look_at(sphere(4000), frame()), PLAIN)[..., :3].mean(axis=-1)
    assert grey[35, 35] > grey[85, 85] + 0.15

    plate = square(60)
    plate[np.abs(plate[:, :2]).max(axis=1) < 0.1, 2] = -0.1  # a pit
    hidden = look_at(plate, frame()).hidden
    assert hidden[SIDE - 4 : SIDE + 4, SIDE - 4 : SIDE + 4].min() > 0.2
    assert hidden[60:180, 60:80].max() < 0.01


def test_colours_are_those_of_the_values() -> None:
    def colour(value: float) -> Doubles:
        return paint(look_at(square(40), frame(), np.full(1600, value)), ERROR)[SIDE // 2, SIDE // 2]

    none, some, most = (colour(value).mean() for value in (0.0, 0.5, 1.0))
    assert none > some + 0.1 > most + 0.2


def test_outside_of_the_picture_nothing_is_drawn() -> None:
    assert paint(look_at(sphere(300, at=(1e9, 0, 0)), frame()), PLAIN).max() == 0
    assert paint(look_at(sphere(300, at=(1e30, -1e30, 1e30)), frame()), PLAIN).max() == 0


@pytest.mark.parametrize("points", [np.zeros((1, 3)), np.zeros((50, 3)), np.eye(3)], ids=["one", "one place", "three"])
def test_few_points_are_seen(points: Doubles) -> None:
    assert paint(look_at(points, frame()), PLAIN)[..., 3].sum() > 0


def test_the_same_again() -> None:
    first, second = (paint(look_at(sphere(500), frame()), PLAIN) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def look_at_mesh(mesh: Mesh, shown: Frame, values: Doubles | None = None) -> Sight:
    faces = faces_of(mesh, len(mesh.vertices), np.zeros(3))
    assert faces is not None
    return look_at_faces(faces, shown, values)


@pytest.mark.parametrize("view", VIEWS)
def test_a_mesh_of_a_ball_is_what_its_points_are(view: str) -> None:
    mesh, points = look_at_mesh(ball(4000), frame(view)), look_at(sphere(4000), frame(view))
    y, x = (np.mgrid[: 2 * SIDE, : 2 * SIDE] + 0.5 - SIDE) * 1.25 / SIDE
    near, far = np.hypot(x, y) < 0.8, np.hypot(x, y) > 1.001
    assert mesh.hit[near].all()
    assert not mesh.hit[far].any()
    np.testing.assert_allclose(mesh.depth[near], points.depth[near], atol=0.01 * SIDE)
    assert (mesh.normals[near] * points.normals[near]).sum(axis=-1).min() > 0.995
    assert paint(mesh, PLAIN)[..., 3].sum() * (2.5 / SIDE) ** 2 == pytest.approx(np.pi, rel=0.01)


def test_of_every_face_the_side_to_the_eye_is_lit() -> None:
    mesh = box()
    turned = Mesh(mesh.vertices, mesh.triangles[:, ::-1])
    pictures = [paint(look_at_mesh(each, frame("three-quarter", 2.0)), PLAIN) for each in (mesh, turned)]
    np.testing.assert_allclose(*pictures, atol=1e-9)
    sight = look_at_mesh(mesh, frame("front", 2.0))
    np.testing.assert_allclose(sight.normals[SIDE, SIDE], [0, 0, 1], atol=1e-9)
    assert sight.depth[SIDE, SIDE] == pytest.approx(SIDE / 2)


def test_faces_hide_each_other_and_carry_values() -> None:
    far = np.array([[-1.0, -1, -0.5], [1, -1, -0.5], [1, 1, -0.5], [-1, 1, -0.5]])
    near = 0.4 * far + (0, 0, 0.7)
    mesh = Mesh(np.concatenate([far, near]), np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]]))
    values = np.array([0.0, 1, 1, 0, 0.5, 0.5, 0.5, 0.5])
    sight = look_at_mesh(mesh, frame(), values)
    middle, right = SIDE, SIDE + int(0.75 * SIDE / 1.25)
    assert sight.values[middle, middle] == pytest.approx(0.5)
    assert sight.values[middle, right] == pytest.approx(0.875, abs=0.02)
    assert sight.depth[middle, middle] > 0 > sight.depth[middle, right]


def test_outside_of_the_picture_no_face_is_drawn() -> None:
    for away in (1e9, 1e30, -1e30):
        assert not look_at_mesh(Mesh(box().vertices + away, box().triangles), frame()).hit.any()
    large = look_at_mesh(Mesh(1e12 * box().vertices, box().triangles), frame())
    assert large.hit.all()
