"""Similarity transforms: known ones, and their numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qaadcodec.clouds import PoseNumbers, Similarity
from qaadcodec.errors import UsageError

QUARTER = Similarity(2.0, np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), np.array([1.0, 2.0, 3.0]))


def test_a_known_point() -> None:
    np.testing.assert_allclose(QUARTER.apply(np.array([[1.0, 0.0, 5.0]])), [[1.0, 4.0, 13.0]], atol=1e-15)
    np.testing.assert_allclose(QUARTER.invert(np.array([[1.0, 4.0, 13.0]])), [[1.0, 0.0, 5.0]], atol=1e-15)


def test_the_numbers_of_a_known_transform() -> None:
    scale, turn, shift = QUARTER.numbers()
    assert scale == 2.0
    np.testing.assert_allclose(turn, [0.0, 0.0, math.pi / 2], atol=1e-15)
    np.testing.assert_array_equal(shift, [1.0, 2.0, 3.0])
    assert QUARTER.angle == pytest.approx(math.pi / 2, abs=1e-15)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-4, 1.0, 3.0, math.pi - 1e-7, math.pi])
@pytest.mark.parametrize("axis", [(1, 0, 0), (0, -1, 0), (0, 0, 1), (1, 2, -2), (-3, 0.1, 0.2)])
def test_a_turn_comes_back_from_its_matrix(angle: float, axis: tuple[float, float, float]) -> None:
    turn = angle * np.array(axis) / np.linalg.norm(axis)
    rotation = Similarity.of_numbers(PoseNumbers(1.0, turn, np.zeros(3))).rotation
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-14)
    assert np.linalg.det(rotation) == pytest.approx(1.0, abs=1e-14)
    back = Similarity(1.0, rotation, np.zeros(3)).numbers().turn
    if angle == math.pi and back @ turn < 0:  # half a turn either way is the same
        back = -back
    np.testing.assert_allclose(back, turn, atol=1e-12)


def test_float32_points_are_moved_in_float64() -> None:
    far = Similarity(1.0, np.eye(3), np.array([5e6, 0.0, 0.0]))
    moved = far.apply(np.array([[0.125, 0.0, 0.0]], np.float32))
    assert moved.dtype == np.float64
    assert moved[0, 0] == 5e6 + 0.125


@pytest.mark.parametrize("scale", [0.0, -1.0, math.inf, math.nan])
def test_a_scale_that_loses_the_points_is_refused(scale: float) -> None:
    with pytest.raises(UsageError, match=r"scale is .*, and must be finite and above 0"):
        Similarity(scale, np.eye(3), np.zeros(3))


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(UsageError, match="must be finite"):
        Similarity(1.0, np.eye(3), np.array([0.0, math.nan, 0.0]))
