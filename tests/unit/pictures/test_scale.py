"""The scale of the error colours, and the figures beside."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.pictures.gather import Shown
from qaadcodec.pictures.scale import figures, rounded_up, scale_of


def with_distances(distances: np.ndarray) -> Shown:
    points = np.zeros((len(distances), 3))
    return Shown("a", points, points, distances)


@pytest.mark.parametrize(
    ("value", "end"),
    [(0.0, 1.0), (1.0, 1.0), (1.01, 1.5), (0.0021, 0.003), (0.0061, 0.008), (9.5, 10.0), (1e-90, 1e-90), (73, 80)],
)
def test_it_ends_at_a_round_number(value: float, end: float) -> None:
    assert rounded_up(value) == pytest.approx(end, rel=1e-12)


def test_nearly_all_distances_are_below_its_end() -> None:
    scale = scale_of([with_distances(np.arange(500) / 1000), with_distances(np.arange(500, 1000) / 1000)], "mm")
    assert scale is not None
    assert (scale.end, scale.beyond) == (1.0, 0.0)
    assert [label for _, label in scale.ticks] == ["0", "0.25", "0.5", "0.75", "1"]

    chosen = scale_of([with_distances(np.arange(1000) / 1000)], "mm", 0.8)
    assert chosen is not None
    assert chosen.beyond == pytest.approx(0.199)
    assert chosen.remark == "19.9 % of the points are beyond its end"
    np.testing.assert_allclose(chosen.values(np.array([0, 0.4, 2.0])), [0, 0.5, 1])


def test_without_originals_there_is_none() -> None:
    assert scale_of([Shown("a", np.zeros((3, 3)))], "mm") is None


@pytest.mark.parametrize("unit", [1e-120, 1.0, 1e150])
def test_figures(unit: float) -> None:
    told = figures(unit * np.array([3.0, 4.0] * 100))
    assert told == f"rms {3.5355339 * unit:.3g}, 99 % below {4 * unit:.3g}"


def test_figures_of_no_error() -> None:
    assert figures(np.zeros(5)) == "rms 0, 99 % below 0"
