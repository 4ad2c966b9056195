"""Charts: a picture in the right colours for whatever numbers there are, the same again."""

from __future__ import annotations

from io import BytesIO

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from qaadcodec.pictures.charts import Spent, histogram, plain, rate_chart
from qaadcodec.pictures.colours import DARK, LIGHT, Page


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


def has(picture: np.ndarray, colour: str) -> bool:
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return bool((picture == wanted).all(axis=-1).sum() > 50)


@pytest.mark.parametrize("page", [LIGHT, DARK], ids=["light", "dark"])
def test_a_histogram_has_bars_and_lines(page: Page) -> None:
    picture = pixels(histogram(np.arange(50.0), "nEM-kD, %", "clouds", "A title.", page))
    assert picture.shape == (675, 1200, 3)
    assert has(picture, page.ground)
    assert all(has(picture, colour) for colour in page.series[:4])


@pytest.mark.parametrize(
    "values", [[1.0], [0.0, 0.0], [np.inf, 3.0], [np.inf, np.nan], [1e-300, 1e300]], ids=lambda values: str(values)
)
def test_any_numbers_have_a_histogram(values: list[float]) -> None:
    assert pixels(histogram(np.array(values), "error", "clouds", "A title.", LIGHT)).size


def test_every_archive_is_a_point() -> None:
    archives = [Spent(f"{i}.qaad", 1000.0 * i, 0.1 / i) for i in (1, 2, 3)]
    picture = pixels(rate_chart(archives, "nEM-kD, %", LIGHT))
    assert all(has(picture, colour) for colour in LIGHT.series[:3])
    for errors in ([0.0, 0.0], [np.inf, 1.0], [-3.0, 60.0], [1e-9, 1.0]):
        some = [Spent("a", 1.0, errors[0]), Spent("b", 2.0, errors[1])]
        assert pixels(rate_chart(some, "D1 PSNR, dB", LIGHT)).size


def test_names_are_data() -> None:
    assert [plain(name) for name in ("a$b$", "_hidden", "a\x1b")] == [r"a\$b\$", " _hidden", r"a\x1b"]
    assert pixels(rate_chart([Spent(r"$\frac{$ 日本", 1.0, 1.0)], "error", LIGHT)).size


def test_it_is_the_same_whatever_the_machine_prefers() -> None:
    values = np.arange(30.0)
    usual = histogram(values, "error", "clouds", "A title.", LIGHT)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        assert histogram(values, "error", "clouds", "A title.", LIGHT) == usual
