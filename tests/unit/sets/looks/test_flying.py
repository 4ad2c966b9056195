"""Flying points are counted; tails, thin parts and uneven density are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qaadcodec.sets.looks.flying import NONE, Flying, flying, flying_points
from qaadcodec.synth.make import make_cloud


def counted(cloud: np.ndarray) -> Flying:
    drawn = cloud[np.random.default_rng(0).permutation(len(cloud))[:1024]].astype(np.float64)
    return flying_points(cloud, drawn)


@pytest.mark.parametrize("far", [6.0, 1e3, 1e30])
@pytest.mark.parametrize("count", [1, 5])
def test_points_far_off_are_counted(far: float, count: int, make_lopsided: Callable[..., Any]) -> None:
    cloud = make_lopsided()
    cloud[:count] = far * np.random.default_rng(1).uniform(1, 3, (count, 1)) * np.eye(3)[0]
    found = counted(cloud)
    assert found.points == count
    assert found.farthest > 0.8 * far


def test_points_at_several_distances() -> None:
    """What flies are all points beyond the first gap, whatever the gaps between them."""
    cloud = np.random.default_rng(0).normal(size=(1000, 3))
    cloud /= np.linalg.norm(cloud, axis=1, keepdims=True)
    cloud[:3] = np.array([[7.0], [8.0], [900.0]]) * np.eye(3)[2]
    assert counted(cloud) == (3, pytest.approx(900, rel=0.2))


def test_single_precision(make_lopsided: Callable[..., Any]) -> None:
    cloud = make_lopsided().astype(np.float32)
    cloud[7] = [0, 3e38, 0]
    assert counted(cloud).points == 1


def test_a_tail_is_none(make_lopsided: Callable[..., Any]) -> None:
    """Points along an aerial 20 radii long, three in a thousand of them."""
    aerial = np.linspace(1, 20, 30)[:, None] * np.eye(3)[0]
    assert counted(np.concatenate([make_lopsided(points=9970), aerial])) == NONE


def test_more_than_one_in_a_hundred_are_a_part(make_lopsided: Callable[..., Any]) -> None:
    cloud = make_lopsided()
    cloud[:7] += 100
    assert counted(cloud) == NONE


def test_few_points_tell_nothing() -> None:
    assert counted(np.concatenate([np.eye(3), [[0.0, 0.0, 1e6]]])) == NONE


@pytest.mark.parametrize("shape", ["skulls", "bodies"])
def test_procedural_clouds_have_none(shape: str) -> None:
    assert all(counted(make_cloud(shape, i, 1000, 0)) == NONE for i in range(6))


def test_the_finding_names_the_farthest_first() -> None:
    assert flying(["a", "b"], [NONE, NONE]) is None
    finding = flying(["a", "b", "c"], [Flying(2, 10.0), NONE, Flying(1, 4.8e6)])
    assert finding is not None
    assert finding.kind == "flying"
    assert finding.text == (
        "2 of 3 clouds have 3 points that fly far off, up to 4.8e+06 times as far from the centre as the rest of the "
        "cloud reaches: c, a"
    )
    assert finding.hint == "remove them: the whole set is learnt in the box that they take"
    assert finding.clouds == (("c", 1), ("a", 2))
