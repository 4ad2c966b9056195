"""Distances off a surface, where they can be worked out by hand or are known of random points."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from qaadcodec.metrics.names import SURFACE
from qaadcodec.metrics.point_tree import PointTree
from qaadcodec.metrics.surface import SAMPLE, Surface, surface_errors

Points = npt.NDArray[np.float64]


def grid(n: int) -> Points:
    """A square of n by n points in the plane z = 0, one apart."""
    return np.stack(np.meshgrid(np.arange(float(n)), np.arange(float(n)), [0.0]), -1).reshape(-1, 3)


def square(count: int, seed: int) -> Points:
    """Random points of a square of area 9."""
    return np.column_stack([np.random.default_rng(seed).uniform(0, 3, (count, 2)), np.zeros(count)])


def test_the_spacing_is_twice_the_mean_nearest_distance_times_the_root_of_the_ratio() -> None:
    assert Surface.of(grid(10), 100).spacing == pytest.approx(2.0)
    assert Surface.of(grid(10), 25).spacing == pytest.approx(4.0)
    assert Surface.of(grid(10).astype(np.float32), 25).dense.points.dtype == np.float64


def test_the_spacing_of_random_points_is_the_root_of_the_area_of_each() -> None:
    assert Surface.of(square(100_000, 0), 900).spacing == pytest.approx(math.sqrt(9 / 900), rel=0.05)


def test_the_first_points_tell_the_spacing() -> None:
    dense = np.concatenate([square(SAMPLE, 1), square(SAMPLE, 2) + 100.0])
    alone = np.concatenate([square(SAMPLE, 1), 7 * square(SAMPLE, 2) + 100.0])
    assert Surface.of(dense, 500).spacing == Surface.of(alone, 500).spacing


def test_every_error_by_its_definition() -> None:
    surface = Surface(PointTree.of(grid(3)), spacing=0.5)
    decoded = np.array([[0.0, 0, 0.25], [2, 2, 1.5], [1, 1, 0]])
    cover = np.sqrt([0.0625, 1, 2, 1, 0, 1, 2, 1, 2])  # by rows of the grid: (2, 2, 0) is nearest to (1, 1, 0)
    assert surface_errors(PointTree.of(decoded), surface) == {
        "off_rms": pytest.approx(math.sqrt((0.25 + 9) / 3)),
        "off_p99": pytest.approx(2.95),  # 0, 0.5 and 3: 0.98 of the way from the second to the third
        "off_max": pytest.approx(3.0),
        "cover_rms": pytest.approx(2 * math.sqrt(np.square(cover).mean())),
        "cover_p99": pytest.approx(2 * np.percentile(cover, 99)),
        "cover_max": pytest.approx(2 * math.sqrt(2)),
        "stray": pytest.approx(1 / 3),  # one is 3 spacings off
    }


def test_a_point_at_two_spacings_is_not_yet_stray() -> None:
    surface = Surface(PointTree.of(grid(3)), spacing=0.5)
    decoded = np.array([[1.0, 1, 1], [1, 1, -1.001]])
    assert surface_errors(PointTree.of(decoded), surface)["stray"] == 0.5


def test_a_random_sampling_of_the_surface_is_on_it_and_covers_it_as_poisson_points_do() -> None:
    """P(no point within r) = exp(-π r²) for one point a unit of area: rms 1/√π, 99th percentile √(ln 100 / π)."""
    surface = Surface.of(square(200_000, 3), 4000)
    found = surface_errors(PointTree.of(square(4000, 4)), surface)
    assert found["cover_rms"] == pytest.approx(1 / math.sqrt(math.pi), rel=0.05)
    assert found["cover_p99"] == pytest.approx(math.sqrt(math.log(100) / math.pi), rel=0.08)
    assert found["off_rms"] == pytest.approx(1 / math.sqrt(math.pi) * math.sqrt(4000 / 200_000), rel=0.08)
    assert found["stray"] == 0.0


def test_holes_show_in_cover_alone_and_stray_points_in_off_alone() -> None:
    surface = Surface.of(square(50_000, 5), 2000)
    whole = square(2000, 6)
    even = surface_errors(PointTree.of(whole), surface)
    holed = surface_errors(PointTree.of(whole[np.linalg.norm(whole[:, :2] - 1.5, axis=1) > 0.5]), surface)
    assert holed["cover_max"] > 3 * even["cover_max"]
    assert holed["off_max"] <= even["off_max"]
    rough = whole.copy()
    rough[:40, 2] = 10 * surface.spacing
    strewn = surface_errors(PointTree.of(rough), surface)
    assert strewn["stray"] == 0.02
    assert strewn["off_max"] == pytest.approx(10, rel=0.01)
    assert strewn["cover_rms"] == pytest.approx(even["cover_rms"], rel=0.05)


def test_units_do_not_matter() -> None:
    dense, decoded = square(5000, 7), square(300, 8) + np.array([0, 0, 0.02])
    here = surface_errors(PointTree.of(decoded), Surface.of(dense, 300))
    there = surface_errors(PointTree.of(1000 * decoded), Surface.of(1000 * dense, 300))
    assert list(here) == list(there) == list(SURFACE)
    assert there == pytest.approx(here)
