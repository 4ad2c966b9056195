"""The camera: which way is right, up and towards the eye."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.cli import render_looks
from qaadcodec.pictures.views import UPS, VIEWS, View, camera

X, Y, Z = np.eye(3)


@pytest.mark.parametrize(
    ("view", "rows"),
    [("front", (X, Y, Z)), ("side", (-Z, Y, X)), ("back", (-X, Y, -Z)), ("top", (X, -Z, Y))],
)
def test_the_views_by_name(view: str, rows: tuple[np.ndarray, ...]) -> None:
    np.testing.assert_allclose(camera(VIEWS[view]), rows, atol=1e-12)


@pytest.mark.parametrize("up", UPS)
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_camera_is_a_rotation(view: View, up: str) -> None:
    axes = camera(view, up)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)


@pytest.mark.parametrize("up", UPS)
def test_from_the_front_up_is_up(up: str) -> None:
    axis = np.eye(3)["xyz".index(up[-1])] * (-1 if up.startswith("-") else 1)
    np.testing.assert_allclose(camera(VIEWS["front"], up) @ axis, Y, atol=1e-12)


def test_three_quarter_looks_down_from_the_right() -> None:
    to_eye = camera(VIEWS["three-quarter"])[2]
    np.testing.assert_allclose(to_eye, [0.561, 0.208, 0.801], atol=1e-3)


def test_a_view_turns_and_says_its_name() -> None:
    assert [str(VIEWS["front"].turned(degrees)) for degrees in (0, 90, 20)] == [
        "front",
        "side",
        "azimuth 20°, elevation 0°",
    ]


def test_the_command_offers_these_views() -> None:
    assert set(render_looks.VIEWS) == set(VIEWS)
    assert set(render_looks.UPS) == set(UPS)
