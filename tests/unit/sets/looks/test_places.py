"""Clouds that lie apart are named, and clouds that overlap are not."""

from __future__ import annotations

import numpy as np

from qaadcodec.sets.looks.places import places

PATHS = [f"{i}.ply" for i in range(5)]


def test_one_that_lies_apart() -> None:
    centres = np.zeros((5, 3))
    centres[2] = [0, 93, 0]
    finding = places(PATHS, centres, np.full(5, 1.0))
    assert finding is not None
    assert finding.kind == "places"
    assert finding.text == (
        "1 of 5 clouds lies apart from where most lie, up to 93 times the radius of a cloud away: 2.ply"
    )
    assert finding.hint == "--align shift learns them as if all lay alike, and decodes each to its own place"
    assert finding.clouds == (("2.ply", 93.0),)


def test_where_all_lie_does_not_matter() -> None:
    centres = np.full((5, 3), 5e6) + np.random.default_rng(0).uniform(-1, 1, (5, 3))
    assert places(PATHS, centres, np.full(5, 1.0)) is None


def test_the_bed_of_a_scanner() -> None:
    centres = np.random.default_rng(0).uniform(-100, 100, (5, 3))
    finding = places(PATHS, centres, np.full(5, 0.1))
    assert finding is not None
    assert finding.text.startswith("5 of 5 clouds lie apart from where most lie, up to ")
    assert finding.text.endswith(" and 2 more")
    numbers = [number for _, number in finding.clouds]
    assert numbers == sorted(numbers, reverse=True)
