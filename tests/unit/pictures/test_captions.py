"""What stands below a sheet says how its clouds are drawn, and what their errors are measured from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fixtures.shapes import ball, sphere

from qaadcodec.pictures.captions import caption
from qaadcodec.pictures.frames import Stand
from qaadcodec.pictures.gather import Given, Shown, shown
from qaadcodec.pictures.scale import scale_of
from qaadcodec.pictures.views import VIEWS

POINTS, MESH = Given(sphere(60)), Given(ball(60).vertices, ball(60))
DISCS = "the surface of the original, which is discs round its points, in mm"
FACES = "the surface of the original, in mm"
EITHER = "the surface of the original, which is discs round its points where it has no faces, in mm"


@pytest.mark.parametrize(
    ("clouds", "drawn", "error"),
    [
        ([(POINTS, None)], "It is drawn as the surface through its points", None),
        ([(POINTS, POINTS), (POINTS, POINTS)], "Each is drawn as the surface through its points", DISCS),
        ([(MESH, None)], "It is drawn by its faces", None),
        ([(MESH, MESH), (MESH, MESH)], "Each is drawn by its faces", FACES),
        (
            [(POINTS, MESH)],
            "The original is drawn by its faces, the other as the surface through its points",
            FACES,
        ),
        (
            [(POINTS, MESH), (POINTS, MESH)],
            "Originals are drawn by their faces, the others as the surface through their points",
            FACES,
        ),
        (
            [(POINTS, MESH), (POINTS, POINTS)],
            "What has faces is drawn by them, all else as the surface through its points",
            EITHER,
        ),
        ([(MESH, None), (POINTS, None)], "What has faces is drawn by them, all else as the surface", None),
    ],
)
def test_it_says_how_clouds_are_drawn(clouds: list[tuple[Given, Given | None]], drawn: str, error: str | None) -> None:
    given: list[Shown] = [shown("a", cloud, original) for cloud, original in clouds]
    text = caption(given, Stand((VIEWS["front"],)), scale_of(given, "mm"), "A source.")
    assert text.startswith(f"A source. {drawn}")
    assert ("Error" in text) == (error is not None)
    assert (error or "") in text


def test_points_that_are_left_out_are_said() -> None:
    cloud = replace(shown("a", POINTS), thinned=True)
    assert caption([cloud], Stand((VIEWS["front"],), turning=True), None, "A.").endswith(
        "It is drawn as the surface through its points, turning. Of larger clouds 200 000 points are drawn."
    )
