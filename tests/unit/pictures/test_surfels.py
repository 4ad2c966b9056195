"""Discs: their normals, how far they reach, and what a surface of several sheets makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from fixtures.shapes import sphere, square

from qaadcodec.pictures.surfels import RADIUS, spacings, surfels_of


def test_a_sphere_has_its_normals() -> None:
    points = sphere(3000)
    discs = surfels_of(points)
    along = np.abs((discs.normals * points).sum(axis=1))
    assert along.min() > 0.998
    np.testing.assert_allclose(np.linalg.norm(discs.centres, axis=1), 1, atol=3e-3)


def test_discs_reach_beyond_their_neighbours() -> None:
    points = sphere(3000)
    spacing = np.sqrt(4 * np.pi / 3000)
    np.testing.assert_allclose(spacings(points), spacing, rtol=0.2)
    np.testing.assert_allclose(surfels_of(points).radii, RADIUS * spacing, rtol=0.2)


def test_two_sheets_do_not_mix() -> None:
    points = np.concatenate([square(30), square(30, z=0.12) + np.array([0.017, 0.011, 0])])  # 0.069 from point to point
    discs = surfels_of(points)
    inner = (np.abs(points[:, :2]) < 0.8).all(axis=1)
    assert np.abs(discs.normals[inner, 2]).min() > 0.99


def test_a_stray_point_is_no_large_disc() -> None:
    points = np.concatenate([sphere(2000), [[0.0, 0.0, 3.0]]])
    radii = surfels_of(points).radii
    assert radii[-1] <= 1.6 * np.median(radii)


@pytest.mark.parametrize("scale", [1e-99, 1.0, 1e99])
def test_the_unit_does_not_matter(scale: float) -> None:
    points = sphere(500)
    plain, scaled = surfels_of(points), surfels_of(points * scale)
    np.testing.assert_allclose(scaled.radii / scale, plain.radii, rtol=1e-9)
    np.testing.assert_allclose(np.abs((scaled.normals * plain.normals).sum(axis=1)), 1, atol=1e-6)


@pytest.mark.parametrize(
    "points",
    [np.zeros((1, 3)), np.zeros((40, 3)), np.linspace(0, 1, 40)[:, None] * (1.0, 2.0, 3.0), np.eye(3)],
    ids=["one", "all in one place", "a line", "three"],
)
def test_what_is_no_surface_has_discs_too(points: np.ndarray) -> None:
    discs = surfels_of(points)
    for values in (discs.centres, discs.normals, discs.radii):
        assert np.isfinite(values).all()
