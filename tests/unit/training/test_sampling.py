"""The rows of a step: the same number from every patch, none twice, all reachable."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.training.sampling import sample_rows


@pytest.mark.parametrize(
    ("points", "patches", "wanted", "each"),
    [
        (64, 4, 16, 4),
        (67, 4, 16, 4),  # patches of 17, 17, 17 and 16 rows
        (67, 4, 1000, 16),  # never more than the smallest patch has
        (67, 4, 3, 1),  # never less than one
        (7, 7, 100, 1),
        (10, 1, 10, 10),
        (13, 3, 8, 2),
    ],
)
def test_every_patch_gives_the_same_number_and_no_row_comes_twice(
    points: int, patches: int, wanted: int, each: int
) -> None:
    offsets = patch_offsets(points, patches)
    rng = np.random.default_rng(0)
    for _ in range(50):
        rows = sample_rows(offsets, wanted, rng)
        assert rows.shape == (patches, each)
        assert rows.dtype == np.int64
        assert (np.diff(rows.ravel()) > 0).all()
        for k in range(patches):
            assert rows[k].min() >= offsets[k]
            assert rows[k].max() < offsets[k + 1]


@pytest.mark.parametrize(("points", "patches", "wanted"), [(67, 4, 16), (23, 5, 10), (64, 64, 64), (9, 2, 8)])
def test_every_row_is_reached_and_none_much_more_often(points: int, patches: int, wanted: int) -> None:
    offsets, rng = patch_offsets(points, patches), np.random.default_rng(1)
    draws = 2000
    seen = np.zeros(points)
    for _ in range(draws):
        seen[sample_rows(offsets, wanted, rng)] += 1
    expected = np.repeat(seen.sum() / patches / np.diff(offsets), np.diff(offsets))
    assert seen.min() > 0
    assert seen.sum() == draws * patches * max(1, wanted // patches)
    # Runs of one patch differ by a row at most, so a row comes up at most twice as often as another of its patch.
    assert (seen / expected).min() > 0.5
    assert (seen / expected).max() < 1.6


def test_the_whole_cloud_when_all_points_of_even_patches_are_asked_for() -> None:
    rows = sample_rows(patch_offsets(60, 5), 60, np.random.default_rng(2))
    np.testing.assert_array_equal(rows.ravel(), np.arange(60))
