"""Meshes of known solids: closed, facing outwards, with the right area and volume."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.synth.modelling.distance_fields import Ellipsoid
from qaadcodec.synth.modelling.mesh import Mesh, triangle_areas
from qaadcodec.synth.modelling.sculpture import Sculpture, graded_axis
from qaadcodec.synth.modelling.surface_nets import surface_nets


def volume(mesh: Mesh) -> float:
    a, b, c = (mesh.vertices[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def is_closed(mesh: Mesh) -> bool:
    """Each directed edge has its opposite as often as itself."""
    t = mesh.triangles
    edges = np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]])
    n = len(mesh.vertices)
    return bool((np.sort(edges[:, 0] * n + edges[:, 1]) == np.sort(edges[:, 1] * n + edges[:, 0])).all())


def half_ball(radius: float = 1.0) -> Sculpture:
    axis = graded_axis(-1.5, (0, 0.06), (1.5, 0.04))
    work = Sculpture(graded_axis(0, (1.5, 0.05)), axis, axis, margin=0.2)
    work.add([Ellipsoid((0, 0, 0), (radius, radius, radius))])
    return work


def test_a_ball_on_a_graded_grid_has_the_area_volume_and_topology_of_a_ball() -> None:
    mesh = half_ball().mesh()
    assert triangle_areas(mesh.vertices, mesh.triangles).sum() == pytest.approx(4 * np.pi, rel=0.004)
    assert volume(mesh) == pytest.approx(4 / 3 * np.pi, rel=0.006)
    assert len(mesh.vertices) - len(mesh.triangles) // 2 == 2  # V - E + F with E = 3 F / 2
    assert is_closed(mesh)
    assert np.linalg.norm(mesh.vertices, axis=1) == pytest.approx(np.ones(len(mesh.vertices)), abs=2e-3)


def test_a_sculpture_is_mirrored_vertex_by_vertex() -> None:
    work = half_ball()
    work.carve([Ellipsoid((0.6, 0.2, 0.5), (0.4, 0.3, 0.5))], 0.1)
    v = work.mesh().vertices
    mirrored = v * [-1, 1, 1]
    order, other = (np.lexsort(np.round(w, 4).T) for w in (v, mirrored))
    assert np.abs(v[order] - mirrored[other]).max() < 2e-4
    assert volume(work.mesh()) < 4.0


def test_hollowing_leaves_a_shell_of_the_thickness_asked_for() -> None:
    work = half_ball()
    work.hollow(0.25)
    radii = np.linalg.norm(work.mesh().vertices, axis=1)
    assert np.unique(np.round(radii, 2)).tolist() == pytest.approx([0.75, 1.0])
    assert volume(work.mesh()) == pytest.approx(4 / 3 * np.pi * (1 - 0.75**3), rel=0.01)


def test_a_surface_that_leaves_the_grid_is_refused() -> None:
    axis = np.linspace(-1, 1, 9, dtype=np.float32)
    field = np.broadcast_to(axis[:, None, None], (9, 9, 9)).astype(np.float32)
    with pytest.raises(ValueError, match=r"^the surface reaches the border of the grid$"):
        surface_nets(field, (axis, axis, axis))


def test_the_half_grid_must_start_at_the_mirror() -> None:
    axis = graded_axis(1.0, (2, 0.5))
    with pytest.raises(ValueError, match=r"^the half grid starts at x = 0, not at 1\.0$"):
        Sculpture(axis, axis, axis, margin=1)


def test_a_graded_axis_keeps_the_ends_of_its_stretches() -> None:
    assert graded_axis(0, (1, 0.4), (3, 1.0)).tolist() == [0, 0.5, 1, 2, 3]
