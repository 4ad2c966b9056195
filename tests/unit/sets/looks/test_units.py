"""Other units among the clouds of a set: named with the factor, and nothing said of sizes that vary."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.sets.looks.finding import Finding
from qaadcodec.sets.looks.units import UNITS, ratios, unit_of, units


def found(sizes: list[float]) -> Finding | None:
    paths = [f"{i}.ply" for i in range(len(sizes))]
    return units(paths, ratios(np.array(sizes)), "the others", "or not")


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("size", [0.7, 1.0, 1.3])
def test_a_cloud_in_another_unit(unit: float, size: float) -> None:
    finding = found([1.0, 0.9, 1.1, unit * size, 1.0])
    assert finding is not None
    assert finding.kind == "units"
    assert finding.clouds == (("3.ply", pytest.approx(unit * size, rel=1e-3)),)
    factor = f"{unit:g} times as large" if unit > 1 else f"1/{1 / unit:g} as large"
    assert finding.text == f"1 of 5 clouds is about {factor} as the others, like {UNITS[unit]}: 3.ply"
    assert finding.hint == "scale it if the units are not the same; or not"


def test_many_clouds_take_one_line() -> None:
    finding = found([1.0] * 20 + [1000.0] * 7)
    assert finding is not None
    assert finding.text == (
        "7 of 27 clouds are about 1000 times as large as the others, like millimetres among metres: "
        "20.ply, 21.ply, 22.ply and 4 more"
    )
    assert len(finding.clouds) == 7


def test_several_factors() -> None:
    finding = found([1.0] * 9 + [1000.0, 0.04, 60.0 * 3])
    assert finding is not None
    assert finding.text == (
        "3 of 12 clouds are not of the size of the others: 9.ply (about 1000 times as large), "
        "11.ply (180 times as large), 10.ply (about 1/25.4 as large)"
    )


def test_a_size_that_no_unit_explains() -> None:
    finding = found([1.0, 1.0, 1.0, 5000.0])
    assert finding is not None
    assert finding.text.endswith(": 3.ply (5e+03 times as large)")
    assert unit_of(5000.0) is None


def test_of_two_halves_the_first_cloud_is_right() -> None:
    finding = found([1000.0, 1.0, 1000.0, 1.0])
    assert finding is not None
    assert [path for path, _ in finding.clouds] == ["1.ply", "3.ply"]
    assert "1/1000 as large" in finding.text


@pytest.mark.parametrize(
    "sizes",
    [
        [1.0],
        [1.0, 4.9],
        [0.0, 1.0, 1.0],
        list(np.geomspace(1, 100, 12)),  # from a mouse to an elephant, with all between
        list(np.exp(np.random.default_rng(0).normal(0, 0.5, 200))),
    ],
)
def test_sizes_that_vary_are_no_units(sizes: list[float]) -> None:
    assert found(sizes) is None


def test_larger_and_smaller_by_the_same_units() -> None:
    """What is said of a cloud among others is what is said of the others among such clouds, inverted."""
    large, small = found([1.0, 1.0, 25.4]), found([25.4, 25.4, 1.0])
    assert large is not None
    assert small is not None
    assert large.clouds[0][1] * small.clouds[0][1] == pytest.approx(1, rel=1e-3)
