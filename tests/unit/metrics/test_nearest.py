"""Chamfer, augmented Chamfer, Hausdorff and D1 PSNR on points whose neighbours can be read off."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qaadcodec.metrics.nearest import NearestDistances, diagonal, nearest_distances

ORIGINAL = np.array([[0.0, 0, 0], [4, 0, 0], [0, 3, 0]])
DECODED = np.array([[0.0, 0, 1], [4, 0, 0]])


def test_distances_of_both_directions() -> None:
    found = nearest_distances(DECODED, ORIGINAL)
    assert found.forward == pytest.approx([1.0, 0.0])
    # (0, 3, 0) is nearest to (0, 0, 1): 3² + 1² = 10
    assert found.backward == pytest.approx([1.0, 0.0, 10.0])


def test_chamfer_is_the_sum_of_the_two_means() -> None:
    assert nearest_distances(DECODED, ORIGINAL).chamfer == pytest.approx(1 / 2 + 11 / 3)


def test_augmented_chamfer_is_the_larger_mean() -> None:
    assert nearest_distances(DECODED, ORIGINAL).augmented_chamfer == pytest.approx(11 / 3)
    assert nearest_distances(ORIGINAL, DECODED).augmented_chamfer == pytest.approx(11 / 3)


def test_hausdorff_is_a_length() -> None:
    assert nearest_distances(DECODED, ORIGINAL).hausdorff == pytest.approx(math.sqrt(10))
    assert nearest_distances(ORIGINAL, DECODED).hausdorff == pytest.approx(math.sqrt(10))


def test_d1_psnr_is_that_of_pc_error() -> None:
    """pc_error: c2c_psnr = 10 log10(factor · peak² / max(mse1, mse2)) with factor = 3 for D1."""
    found = nearest_distances(DECODED, ORIGINAL)
    assert diagonal(ORIGINAL) == 5.0
    assert found.d1_psnr(5.0) == pytest.approx(10 * math.log10(3 * 25 / (11 / 3)))
    assert found.d1_psnr(5.0) == pytest.approx(13.1078983)
    assert found.d1_psnr(1023.0) - found.d1_psnr(1.0) == pytest.approx(20 * math.log10(1023))


def test_equal_clouds_have_no_errors_and_an_infinite_psnr() -> None:
    cloud = np.random.default_rng(0).standard_normal((500, 3))
    found = nearest_distances(cloud[::-1], cloud)
    assert (found.chamfer, found.augmented_chamfer, found.hausdorff) == (0.0, 0.0, 0.0)
    assert found.d1_psnr(diagonal(cloud)) == math.inf


def test_an_original_of_one_place_has_no_peak() -> None:
    """The diagonal is 0, so any error at all is infinitely large beside it; without an error nothing is wrong."""
    place = np.ones((4, 3))
    assert nearest_distances(place + 1, place).d1_psnr(diagonal(place)) == -math.inf
    assert nearest_distances(place, place).d1_psnr(diagonal(place)) == math.inf


def test_a_grid_moved_a_little_along_one_axis() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(5.0)] * 3), -1).reshape(-1, 3)
    found = nearest_distances(grid + np.array([0.25, 0, 0]), grid)
    assert found.forward == pytest.approx(np.full(125, 0.0625))
    assert found.chamfer == pytest.approx(0.125)
    assert found.hausdorff == pytest.approx(0.25)


def test_every_distance_is_that_of_the_full_table() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((70, 3)), rng.standard_normal((110, 3)).astype(np.float32)
    table = np.square(a[:, None] - b[None].astype(float)).sum(2)
    found = nearest_distances(a, b)
    assert found.forward == pytest.approx(table.min(1), rel=1e-9)
    assert found.backward == pytest.approx(table.min(0), rel=1e-9)


def test_millimetres_survive_at_utm_coordinates() -> None:
    far = np.array([5e6, 4e5, 100.0])
    found = nearest_distances(far + DECODED / 1024, far + ORIGINAL / 1024)
    assert found.chamfer == pytest.approx((1 / 2 + 11 / 3) / 1024**2, rel=1e-9)
    assert diagonal(far + ORIGINAL / 1024) == 5 / 1024


def test_float32_coordinates_are_taken_as_they_are() -> None:
    cloud = np.array([[16777216.0, 0, 0], [16777218.0, 0, 0]], np.float32)
    assert nearest_distances(cloud[:1], cloud[1:]).hausdorff == 2.0
    assert diagonal(cloud) == 2.0


def test_the_two_directions_are_kept_apart() -> None:
    found = NearestDistances(forward=np.array([9.0, 1.0]), backward=np.array([4.0]))
    assert (found.chamfer, found.augmented_chamfer, found.hausdorff) == (9.0, 5.0, 3.0)
