"""Patches: runs of rows of nearly equal size, made of neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.assignment.patches import lowest_by_rank, patch_offsets, patch_sizes, split_into_patches


@pytest.mark.parametrize(
    ("points", "patches", "sizes"),
    [(12, 4, [3, 3, 3, 3]), (10, 4, [3, 3, 2, 2]), (7, 1, [7]), (5, 5, [1] * 5), (3, 5, [1, 1, 1, 0, 0])],
)
def test_the_first_patches_take_the_rest(points: int, patches: int, sizes: list[int]) -> None:
    assert patch_sizes(points, patches).tolist() == sizes
    assert patch_offsets(points, patches).tolist() == [sum(sizes[:k]) for k in range(patches + 1)]


@pytest.mark.parametrize(
    ("count", "chosen"),
    [(-1, []), (0, []), (1, [1]), (2, [1, 3]), (3, [1, 3, 4]), (4, [1, 2, 3, 4]), (5, [0, 1, 2, 3, 4]), (9, range(5))],
)
def test_the_first_of_equal_values_are_the_lowest(count: int, chosen: list[int]) -> None:
    mask = lowest_by_rank(np.array([3.0, 1.0, 2.0, 1.0, 1.0]), count)
    assert np.flatnonzero(mask).tolist() == list(chosen)


def test_minus_zero_ties_with_zero() -> None:
    assert lowest_by_rank(np.array([0.0, -0.0, 1.0]), 1).tolist() == [True, False, False]


def pieces(cloud: np.ndarray, patches: int) -> list[list[int]]:
    offsets = patch_offsets(len(cloud), patches)
    return [sorted(piece.tolist()) for piece in np.split(split_into_patches(cloud, patches), offsets[1:-1])]


def test_a_line_falls_into_runs_of_its_order() -> None:
    rng = np.random.default_rng(0)
    ranks = rng.permutation(11)
    cloud = np.outer(ranks, [0.0, 3.0, 0.0])
    # 11 = 5·2 + 1: the first patch has three points, and ranks rise from patch to patch.
    runs = [sorted(ranks[piece].tolist()) for piece in pieces(cloud, 5)]
    assert runs == [[0, 1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]


def test_clusters_become_patches() -> None:
    rng = np.random.default_rng(1)
    centres = np.array([[0, 0, 0], [0, 9, 0], [20, 0, 0], [20, 9, 0]], float)
    label = rng.permutation(np.repeat(np.arange(4), 25))
    cloud = centres[label] + rng.uniform(-1, 1, (100, 3))
    assert [set(label[piece]) for piece in pieces(cloud, 4)] == [{0}, {1}, {2}, {3}]


def test_identical_points_keep_their_order() -> None:
    assert split_into_patches(np.ones((10, 3), np.float32), 3).tolist() == list(range(10))


def test_more_patches_than_points_leave_the_last_ones_empty() -> None:
    cloud = np.array([[2.0, 0, 0], [0, 0, 0], [1, 0, 0]])
    assert pieces(cloud, 5) == [[1], [2], [0], [], []]
