"""Curves of trainings: lines where the numbers are, in the colours of the page, parted between trainings."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from PIL import Image

from qaadcodec.pictures.colours import DARK, LIGHT, Page
from qaadcodec.pictures.curves import Curve, curves_chart, time_unit


def curve(errors: list[float], sizes: list[float] | None = None, **more: Any) -> Curve:
    n = len(errors)
    known = [np.nan] * n if sizes is None else sizes
    along = np.arange(1.0, n + 1)
    return Curve(more.pop("name", "a.jsonl"), 60 * along, along, np.array(errors), np.array(known, float), **more)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """The numbers of every line that is drawn."""
    found: list[tuple[Any, Any]] = []
    plot = Axes.plot

    def watched(self: Axes, x: Any, y: Any, *rest: Any, **looks: Any) -> Any:
        found.append((np.asarray(x).tolist(), np.asarray(y).tolist()))
        return plot(self, x, y, *rest, **looks)

    monkeypatch.setattr(Axes, "plot", watched)
    return found


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("page", [LIGHT, DARK], ids=["light", "dark"])
def test_every_run_is_a_line_in_a_colour_of_the_page(page: Page) -> None:
    picture = pixels(curves_chart([curve([0.4, 0.02]), curve([0.3, 0.01])], page, by_epochs=False))
    assert picture.shape == (675, 1200, 3)
    for colour in (page.ground, *page.series[:2]):
        wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert (picture == wanted).all(axis=-1).sum() > 50
    with_sizes = pixels(curves_chart([curve([0.4, 0.02], [np.nan, 900.0])], page, by_epochs=False))
    assert with_sizes.shape == (1080, 1200, 3)


def test_the_lines_are_the_numbers(drawn: list[tuple[Any, Any]]) -> None:
    curves_chart([curve([0.4, 0.2, 0.1], [5.0, 7.0, 6.0])], LIGHT, by_epochs=False)
    assert drawn == [([1, 2, 3], [40, 20, 10]), ([1, 2, 3], [5, 7, 6])]  # minutes and per cent; bytes


def test_trainings_of_one_run_are_parted(drawn: list[tuple[Any, Any]]) -> None:
    curves_chart([curve([0.4, 0.2, 0.1], starts=(0, 2))], LIGHT, by_epochs=True)
    assert str(drawn[0]) == "([1.0, 2.0, nan, 3.0], [40.0, 20.0, nan, 10.0])"


@pytest.mark.parametrize("errors", [[0.0], [0.5], [0.0, 0.0], [0.3, 0.31], [1e-12, 1.0]], ids=str)
def test_any_errors_have_a_picture(errors: list[float]) -> None:
    for by_epochs in (True, False):
        assert pixels(curves_chart([curve(errors, [0.0] * len(errors))], LIGHT, by_epochs=by_epochs)).size


def test_more_runs_than_colours() -> None:
    assert pixels(curves_chart([curve([0.4, 0.1], name=f"$run_{i}") for i in range(20)], DARK, by_epochs=True)).size


def test_a_run_is_told_of_by_where_it_ended() -> None:
    assert curve([0.4, 0.0031], [60900.0, 60840.0]).told == "a.jsonl: 0.31 %, 60 840 bytes"
    assert curve([0.4, 0.0031]).told == "a.jsonl: 0.31 %"


@pytest.mark.parametrize(
    ("longest", "unit"), [(0.0, "seconds"), (179.0, "seconds"), (180.0, "minutes"), (3 * 3600.0, "hours")]
)
def test_the_unit_of_time(longest: float, unit: str) -> None:
    assert time_unit(longest)[0] == unit
