"""Whole sheets: their size, what is where, and what moves."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from fixtures.shapes import sphere
from PIL import Image

from qaadcodec.pictures.frames import Stand
from qaadcodec.pictures.gather import Given, Shown, shown
from qaadcodec.pictures.saving import moving, png
from qaadcodec.pictures.scale import scale_of
from qaadcodec.pictures.sheet import Looks, Sheet
from qaadcodec.pictures.views import VIEWS
from qaadcodec.progress import Run


def looks(*, dark: bool = False, turning: bool = False, views: tuple[str, ...] = ("front",)) -> Looks:
    return Looks(Stand(tuple(VIEWS[view] for view in views), turning=turning), 420, dark, finer=1)


def dented() -> Shown:
    """A ball whose front right quarter lies 0.2 too far in."""
    ball = sphere(1500)
    inside = (ball[:, 2] > 0) & (ball[:, 0] > 0)
    return shown("3 · dented", Given(np.where(inside[:, None], 0.8 * ball, ball)), Given(ball))


def painted(sheet: Sheet) -> np.ndarray:
    with Run().phase("drawing", 1, "views") as phase:
        return np.asarray(sheet.painted(sheet.looks.stand.views, phase))


def part(sheet: Sheet, page: np.ndarray, across: int, x: float, y: float) -> np.ndarray:
    """The pixel of a picture at a share of its width and height."""
    left, top = sheet.layout.picture_at(0, across, 0)
    width, height = sheet.layout.picture
    return page[top + int(y * height), left + int(x * width)].astype(int)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_error_is_where_it_is(dark: bool) -> None:
    clouds = [dented()]
    scale = scale_of(clouds, "mm", 0.2)
    sheet = Sheet.of(clouds, looks(dark=dark), "A caption.", scale)
    page = painted(sheet)
    assert page.shape[1] <= 420
    assert sheet.titles == ("original", "decoded", "error")
    wrong, right = part(sheet, page, 2, 0.65, 0.5), part(sheet, page, 2, 0.35, 0.5)
    assert wrong.max() < 100  # the dark end of the scale
    assert right.min() > 150
    assert np.ptp(part(sheet, page, 1, 0.65, 0.5)) < 12  # grey
    corner = part(sheet, page, 0, 0.01, 0.01)
    assert (corner < 60).all() if dark else (corner == 255).all()


def test_without_an_original_a_cloud_stands_alone() -> None:
    cloud = shown("ball", Given(sphere(800)))
    sheet = Sheet.of([cloud, cloud], looks(), "A caption.")
    assert sheet.titles == ("decoded",)
    page = painted(sheet)
    for number in (0, 1):
        left, top = sheet.layout.picture_at(number, 0, 0)
        width, height = sheet.layout.picture
        assert page[top + height // 2, left + width // 2].max() < 250


def test_large_pictures_are_drawn_less_finely() -> None:
    """Memory grows with their pixels."""
    cloud = shown("ball", Given(sphere(200)))
    small, large = (Sheet.of([cloud], Looks(Stand((VIEWS["front"],)), width), "A caption.") for width in (400, 3000))
    assert (small.looks.finer, large.looks.finer) == (3, 1)


def test_every_view_is_a_row() -> None:
    one, two = (Sheet.of([dented()], looks(views=v), "A caption.") for v in (("front",), ("front", "back")))
    assert painted(two).shape[0] > 1.5 * painted(one).shape[0]


def test_a_picture_is_the_same_again() -> None:
    files = []
    for _ in range(2):
        sheet = Sheet.of([dented()], looks(), "A caption.")
        with Run().phase("drawing", 1, "views") as phase:
            files.append(png(sheet.painted(sheet.looks.stand.views, phase)))
    assert files[0] == files[1]
    assert files[0].startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize("suffix", [".gif", ".png"])
def test_what_turns_is_one_file_of_frames(suffix: str) -> None:
    clouds = [dented()]
    sheet = Sheet.of(clouds, looks(turning=True, views=("front", "side", "back")), "Text.", scale_of(clouds, "m", 0.2))
    with Run().phase("drawing", 3, "views") as phase:
        data = moving((sheet.painted([view], phase) for view in sheet.looks.stand.views), suffix, 80)
    image = Image.open(BytesIO(data))
    assert image.n_frames == 3
    assert image.info["loop"] == 0
    assert image.info["duration"] == 80
    frames = []
    for number in range(3):
        image.seek(number)
        frames.append(np.asarray(image.convert("RGB")).astype(int))
    assert np.abs(frames[0] - frames[2]).max() > 100  # the dent is on the other side
    assert np.abs(frames[0] - frames[2])[: sheet.layout.header].max() == 0  # the text stays
    assert (frames[1][0, 0] == 255).all()
