"""Normalisation: one shift and scale, in float64 before the cast."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.clouds import Normalisation
from qaadcodec.errors import UsageError


def test_the_longest_side_spans_minus_one_to_one() -> None:
    normal = Normalisation.of_bounds([0, -1, 10], [4, 1, 11])
    np.testing.assert_array_equal(normal.offset, [2, 0, 10.5])
    assert normal.scale == 2
    corners = normal.apply(np.array([[0, -1, 10], [4, 1, 11.0]]))
    np.testing.assert_array_equal(corners, np.array([[-1, -0.5, -0.25], [1, 0.5, 0.25]], np.float32))
    assert corners.dtype == np.float32
    np.testing.assert_array_equal(normal.invert(corners), [[0, -1, 10], [4, 1, 11]])
    assert normal.invert(corners).dtype == np.float64


def test_utm_coordinates_keep_their_millimetres() -> None:
    points = np.array([5e5, 5.4e6, 100]) + np.random.default_rng(0).uniform(0, 60, (1000, 3)).round(3)
    normal = Normalisation.of_bounds(points.min(0), points.max(0))
    error = np.abs(normal.invert(normal.apply(points)) - points).max()
    assert error <= normal.scale * 2**-24 * 1.01  # half a unit in the last place of float32 at 1: 2 µm
    assert np.abs(points.astype(np.float32) - points).max() > 0.1  # what a cast before the shift would do


def test_identical_points_keep_the_scale_one() -> None:
    normal = Normalisation.of_bounds([3, 4, 5e6], [3, 4, 5e6])
    assert normal.scale == 1
    np.testing.assert_array_equal(normal.apply(np.array([[3, 4, 5e6]])), [[0, 0, 0]])


def test_huge_boxes_do_not_overflow() -> None:
    normal = Normalisation.of_bounds([-1e100] * 3, [1e100] * 3)
    np.testing.assert_array_equal(normal.apply(np.array([[1e100, -1e100, 0]])), [[1, -1, 0]])


def test_it_cannot_be_changed_from_outside() -> None:
    offset = np.zeros(3)
    normal = Normalisation(offset, 1)
    offset[:] = 7
    assert normal.offset.tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="read-only"):
        normal.offset[0] = 1


@pytest.mark.parametrize(
    ("offset", "scale", "message"),
    [
        ([0, 0], 1, r"^offset is \[0.0, 0.0\], and must be three finite numbers$"),
        ([0, 0, np.nan], 1, r"^offset is \[0.0, 0.0, nan\], and must be three finite numbers$"),
        ([0, 0, 0], 0, r"^scale is 0, and must be finite and above 0$"),
        ([0, 0, 0], np.inf, r"^scale is inf, and must be finite and above 0$"),
    ],
)
def test_what_is_refused(offset: list[float], scale: float, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Normalisation(np.array(offset), scale)
