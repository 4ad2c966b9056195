"""The same cloud again is found in any order of rows and either precision; frames of a motion are not the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qaadcodec.sets.looks.glimpse import digest
from qaadcodec.sets.looks.repeats import firsts, repeats
from qaadcodec.synth.make import make_cloud


def same(clouds: list[np.ndarray]) -> list[int]:
    boxes = np.array([[cloud.min(0), cloud.max(0)] for cloud in clouds])
    return firsts([len(cloud) for cloud in clouds], [digest(cloud) for cloud in clouds], boxes)


def test_equal_clouds(make_lopsided: Callable[..., Any]) -> None:
    a, b = make_lopsided(0), make_lopsided(1)
    assert same([a, b, a[::-1], b, a]) == [0, 1, 0, 1, 0]


def test_either_precision(make_lopsided: Callable[..., Any]) -> None:
    single = make_lopsided(0).astype(np.float32)
    assert digest(single) == digest(single.astype(np.float64))
    assert same([single, make_lopsided(1), single.astype(np.float64)]) == [0, 1, 0]


def test_rounded_as_text(make_lopsided: Callable[..., Any]) -> None:
    a, b = make_lopsided(0), make_lopsided(1)
    assert same([a, b, a.round(6), a.astype(np.float32), b.round(6)]) == [0, 1, 0, 0, 1]


def test_minus_zero_is_zero() -> None:
    assert digest(np.array([[0.0, 1, 2], [3, 4, 5]])) == digest(np.array([[3.0, 4, 5], [-0.0, 1, 2]]))


@pytest.mark.parametrize("change", [0, 1, 2])
def test_a_changed_coordinate_changes_the_digest(change: int, make_lopsided: Callable[..., Any]) -> None:
    cloud = make_lopsided()
    before = digest(cloud)
    cloud[5, change] = np.nextafter(cloud[5, change], 9)
    assert digest(cloud) != before


def test_coordinates_that_change_places_change_the_digest(make_lopsided: Callable[..., Any]) -> None:
    cloud = make_lopsided()
    assert digest(cloud) != digest(cloud[:, [1, 0, 2]])
    swapped = cloud.copy()
    swapped[[0, 1], 2] = cloud[[1, 0], 2]
    assert digest(swapped) != digest(cloud)


def test_a_shifted_cloud_is_another(make_lopsided: Callable[..., Any]) -> None:
    assert same([make_lopsided(), make_lopsided() + 0.001]) == [0, 1]


def test_frames_of_a_motion_are_not_the_same() -> None:
    assert same([make_cloud("bodies", i, 500, 0) for i in range(8)]) == list(range(8))


def test_many_of_one_cloud_are_counted_in_one_line(make_lopsided: Callable[..., Any]) -> None:
    clouds = [make_lopsided(0), *[make_lopsided(1)] * 2000]
    boxes = np.array([[cloud.min(0), cloud.max(0)] for cloud in clouds])
    paths = [f"{i}.ply" for i in range(len(clouds))]
    finding = repeats(paths, [600] * len(clouds), [digest(cloud) for cloud in clouds], boxes)
    assert finding is not None
    assert finding.kind == "repeated"
    assert finding.text == (
        "1999 of 2001 clouds repeat another: 2.ply is 1.ply, 3.ply is 1.ply, 4.ply is 1.ply and 1996 more"
    )
    assert finding.clouds[0] == ("2.ply", 1)
