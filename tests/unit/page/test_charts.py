"""Charts: bars as long as their numbers, whatever these are, and told in words."""

from __future__ import annotations

import re

import numpy as np
import pytest

from qaadcodec.page.charts import Bar, bars, histogram


def lengths(drawn: str, attribute: str) -> list[float]:
    return [float(text) for text in re.findall(rf'<rect[^>]* {attribute}="([\d.]+)%"', drawn)]


def test_bars_are_as_long_as_their_numbers() -> None:
    drawn = bars([Bar("a", 4.0, "4"), Bar("b", 1.0, "1"), Bar("c", 0.0, "0"), Bar("d", np.inf, "∞")], "Sizes")
    assert lengths(drawn, "width") == [100, 25, 0, 0]
    assert "<figcaption>Sizes</figcaption>" in drawn
    assert lengths(bars([Bar("a", 0.0, "0")], "None"), "width") == [0]


def test_columns_hold_every_value() -> None:
    drawn = histogram(np.array([0.0, 0.0, 0.0, 10.0]), "nEM-kD, %", "Errors")
    assert lengths(drawn, "height") == [100, 33.33]
    assert lengths(drawn, "y") == [0, 66.67]
    assert 'aria-label="Histogram of 4 clouds, from 0 to 10: Errors"' in drawn
    assert re.findall(r"x1=\"([\d.]+)%", drawn) == ["25.00", "0.00", "85.00"]  # mean, median, 95th percentile
    assert "mean 2.5" in drawn
    assert "3 clouds in the fullest of 5 bins." in drawn


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0], [0.0], [1e-300, 1e300]], ids=str)
def test_any_numbers_have_a_histogram(values: list[float]) -> None:
    heights = lengths(histogram(np.array(values), "error", "Errors"), "height")
    assert max(heights) == 100


def test_what_is_not_finite_is_counted() -> None:
    assert "The error of 1 cloud is not finite." in histogram(np.array([1.0, np.inf]), "error", "Errors")
    assert "The error of 2 clouds is not finite." in histogram(np.array([np.nan, np.inf]), "error", "Errors")
