"""Normals in closed form against those of LAPACK, and where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.assignment.registration.normals import least_varying, plane_normals

RNG = np.random.default_rng(4)


def of_lapack(patches: np.ndarray) -> np.ndarray:
    spread = patches - patches.mean(1, keepdims=True)
    found: np.ndarray = np.linalg.eigh(spread.swapaxes(1, 2) @ spread)[1][:, :, 0]
    return found


@pytest.mark.parametrize("flatness", [1.0, 0.3, 1e-2, 1e-5, 0.0])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_they_are_those_of_lapack(flatness: float, scale: float) -> None:
    patches = RNG.standard_normal((4000, 12, 3)) * [1.0, 0.5, flatness]
    patches = patches @ np.linalg.qr(RNG.standard_normal((3, 3)))[0] * scale + scale
    found, wanted = plane_normals(patches), of_lapack(patches)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, rtol=1e-12)
    assert (1.0 - np.abs(np.einsum("ni,ni->n", found, wanted))).max() < 1e-9


def test_the_closed_form_hardly_needs_lapack() -> None:
    """`plane_normals` asks LAPACK where the closed form is off: so whether it is right shows here alone."""
    spread = RNG.standard_normal((300, 12, 3)) * [1.0, 0.6, 0.3]
    spread = spread @ np.linalg.qr(RNG.standard_normal((300, 3, 3)))[0]
    matrices = spread.swapaxes(1, 2) @ spread
    matrices *= (3.0 / np.trace(matrices, axis1=1, axis2=2))[:, None, None]
    variances, found = least_varying(matrices)
    wanted, directions = np.linalg.eigh(matrices)
    np.testing.assert_allclose(variances, wanted, atol=1e-12)
    np.testing.assert_allclose(np.abs(np.einsum("ni,ni->n", found, directions[:, :, 0])), 1.0, atol=1e-12)
    along = np.diag([0.5, 1.0, 1.5])[[[0, 1, 2], [2, 0, 1], [1, 2, 0]]]
    along = np.stack([matrix[:, order] for matrix, order in zip(along, ([0, 1, 2], [2, 0, 1], [1, 2, 0]), strict=True)])
    np.testing.assert_allclose(np.abs(least_varying(along)[1]), np.eye(3), atol=1e-12)  # of axes, whichever is least


def test_a_plane_has_its_own_and_a_ball_any() -> None:
    plane = np.dstack([RNG.standard_normal((5, 12, 2)), np.full((5, 12, 1), 7.0)])
    np.testing.assert_allclose(np.abs(plane_normals(plane)), np.tile([0.0, 0.0, 1.0], (5, 1)), atol=1e-12)
    octahedron = np.vstack([np.eye(3), -np.eye(3)])[None]  # all variances are equal
    np.testing.assert_allclose(np.linalg.norm(plane_normals(octahedron), axis=1), 1.0)


def test_points_that_coincide_or_lie_on_a_line_have_none() -> None:
    line = np.linspace(0, 1, 12)[None, :, None] * RNG.standard_normal((6, 1, 3))
    assert np.isnan(plane_normals(line)).all()
    assert np.isnan(plane_normals(np.ones((3, 12, 3)))).all()
    beside = np.concatenate([line, RNG.standard_normal((2, 12, 3))])
    assert np.isnan(plane_normals(beside)).any(1).tolist() == [True] * 6 + [False] * 2
