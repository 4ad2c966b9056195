"""Leaves of different sizes as problems of one size, and back."""

from __future__ import annotations

import torch

from qaadcodec.assignment.device.leaves import Leaves, rows_of

# Two clouds of five points: leaves of two and of three rows.
OURS = torch.tensor([[[3, 0, -1], [4, 1, 2]], [[0, 1, -1], [2, 3, 4]]])
THEIRS = torch.tensor([[[1, 2, -1], [0, 3, 4]], [[4, 3, -1], [0, 1, 2]]])
CLOUDS = torch.arange(30.0).view(2, 5, 3)


def test_leaves_of_all_clouds_are_problems_side_by_side() -> None:
    leaves = Leaves.of(OURS, 5)
    assert leaves.count.tolist() == [2, 3, 2, 3]
    assert leaves.valid.tolist() == [[True, True, False], [True] * 3, [True, True, False], [True] * 3]
    points = leaves.points(CLOUDS)
    assert points[1].tolist() == [[12.0, 13, 14], [3, 4, 5], [6, 7, 8]]  # rows 4, 1, 2 of the first cloud
    assert points[2, :2].tolist() == [[15.0, 16, 17], [18, 19, 20]]  # rows 0, 1 of the second cloud


def test_matches_inside_leaves_are_a_bijection_of_the_clouds() -> None:
    matches = torch.tensor([[1, 0, 2], [2, 0, 1], [0, 1, 2], [0, 2, 1]])
    order = Leaves.of(OURS, 5).order(matches, Leaves.of(THEIRS, 5))
    # First cloud: 3 to 2 and 0 to 1; 4 to 4, 1 to 0, 2 to 3. Second: 0 to 4 and 1 to 3; 2 to 0, 3 to 2, 4 to 1.
    assert order.tolist() == [[1, 0, 3, 2, 4], [4, 3, 0, 2, 1]]


def test_rows_of_each_cloud() -> None:
    assert rows_of(CLOUDS, torch.tensor([[4], [0]])).tolist() == [[[12.0, 13, 14]], [[15, 16, 17]]]
