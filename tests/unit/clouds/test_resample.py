"""Resampling keeps the cloud's own points, its density and nothing to chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from qaadcodec.clouds import resample
from qaadcodec.errors import UsageError

CLOUD = np.random.default_rng(0).uniform(size=(5000, 3)).astype(np.float32)


def rows_of(sample: np.ndarray, cloud: np.ndarray) -> np.ndarray:
    distance, rows = cKDTree(cloud).query(sample)
    assert distance.max() == 0
    return rows


@pytest.mark.parametrize("m", [1, 2, 3, 999, 2500, 4999])
def test_fewer_points_are_different_points_in_their_order(m: int) -> None:
    sample = resample(CLOUD, m, 0)
    assert (sample.shape, sample.dtype) == ((m, 3), np.float32)
    assert (np.diff(rows_of(sample, CLOUD)) > 0).all()


@pytest.mark.parametrize(("m", "counts"), [(5001, {1: 4999, 2: 1}), (10000, {2: 5000}), (12000, {2: 3000, 3: 2000})])
def test_more_points_repeat_all_of_them_evenly(m: int, counts: dict[int, int]) -> None:
    times = np.bincount(rows_of(resample(CLOUD, m, 0), CLOUD), minlength=5000)
    assert dict(zip(*np.unique(times, return_counts=True), strict=True)) == counts


def test_equal_is_left_alone() -> None:
    assert resample(CLOUD, 5000, 0) is CLOUD


def test_the_seed_decides() -> None:
    np.testing.assert_array_equal(resample(CLOUD, 100, 7), resample(CLOUD, 100, 7))
    assert (resample(CLOUD, 100, 7) != resample(CLOUD, 100, 8)).any()


def test_a_sample_leaves_smaller_holes_than_a_random_one() -> None:
    def largest_hole(sample: np.ndarray) -> float:
        return float(cKDTree(sample).query(CLOUD)[0].max())

    random = [largest_hole(CLOUD[np.random.default_rng(s).permutation(5000)[:500]]) for s in range(5)]
    spread = [largest_hole(resample(CLOUD, 500, s)) for s in range(5)]
    assert np.mean(spread) < 0.9 * np.mean(random)


def test_density_is_kept() -> None:
    dense = np.concatenate([CLOUD[:4000] * [0.5, 1, 1], CLOUD[4000:] * [0.5, 1, 1] + [0.5, 0, 0]])
    left = (resample(dense, 1000, 0)[:, 0] < 0.5).sum()
    assert abs(left - 800) <= 5


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 90), st.booleans())
def test_any_sizes_and_identical_points(n: int, m: int, same: bool) -> None:
    cloud = np.ones((n, 3)) if same else CLOUD[:n].astype(np.float64)
    sample = resample(cloud, m, 3)
    assert sample.shape == (m, 3)
    if not same:
        times = np.bincount(rows_of(sample, cloud), minlength=n)
        assert times.max() - times.min() <= 1


def test_no_points_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^a cloud cannot have 0 points; it needs at least 1$"):
        resample(CLOUD, 0, 0)
