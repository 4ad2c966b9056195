"""A glimpse of a cloud: centre, size and shape, whatever its density, its pose, and points that are far off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qaadcodec.clouds import Similarity
from qaadcodec.sets.looks.glimpse import Glimpse


def glimpse(cloud: np.ndarray, seed: int = 0) -> Glimpse:
    return Glimpse.of(cloud, np.random.default_rng(seed))


def ball(points: int, seed: int = 0) -> np.ndarray:
    cloud = np.random.default_rng(seed).normal(size=(points, 3))
    return cloud / np.linalg.norm(cloud, axis=1, keepdims=True)


def test_a_sphere() -> None:
    found = glimpse(5.0 * ball(3000) + [1, 2, 3])
    np.testing.assert_allclose(found.centre, [1, 2, 3], atol=0.25)
    assert found.size == pytest.approx(5, rel=0.03)


def test_density_and_far_points_change_little() -> None:
    uneven = np.concatenate([ball(2000), [0, 0, 1] + 0.1 * ball(2000, 1)])
    uneven[:3] = 1e6
    found = glimpse(uneven)
    assert found.size == pytest.approx(1, rel=0.15)
    assert found.flying.points == 3


def test_a_pose_does_not_change_the_shape(
    make_lopsided: Callable[..., Any], draw_pose: Callable[..., Similarity]
) -> None:
    cloud, pose = make_lopsided(points=900), draw_pose(1, shift=40.0)
    here, there = glimpse(cloud), glimpse(pose.apply(cloud))
    np.testing.assert_allclose(here.shape, there.shape, atol=0.02)  # it turns the axes of the median
    assert there.size / here.size == pytest.approx(pose.scale, rel=0.02)
    assert here.digest != there.digest


def test_another_sampling_changes_it_little_and_another_shape_much(make_lopsided: Callable[..., Any]) -> None:
    first = glimpse(make_lopsided(points=1000)).shape
    again = glimpse(make_lopsided(points=1001), 1).shape
    assert np.linalg.norm(first - again) < 0.08
    rod = ball(1000) * [10, 1, 1]
    assert np.linalg.norm(first - glimpse(rod).shape) > 0.2


@pytest.mark.parametrize("size", [1e-90, 1e90])
def test_sizes_at_the_ends_of_what_is_read(size: float, make_lopsided: Callable[..., Any]) -> None:
    found = glimpse(size * make_lopsided())
    assert np.isfinite(found.shape).all()
    assert found.size / size == pytest.approx(glimpse(make_lopsided()).size)


def test_two_points() -> None:
    found = glimpse(np.array([[0.0, 0, 0], [2, 0, 0]]))
    np.testing.assert_array_equal(found.centre, [1, 0, 0])
    assert found.size == 1
