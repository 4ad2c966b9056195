"""Subspaces of batches in torch: leaf by leaf and row by row those of the numpy code."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from reference import kd_subspaces

from qaadcodec.assignment.device.subspaces import paired_subspaces, subspaces
from qaadcodec.errors import UsageError


def lists(leaves: torch.Tensor) -> list[list[int]]:
    """Rows of each leaf of one cloud without the padding, which must be at the end."""
    assert ((leaves < 0) <= (leaves < 0).roll(-1, 1))[:, :-1].all()
    return [[row for row in leaf if row >= 0] for leaf in leaves.tolist()]


@pytest.mark.parametrize(("points", "leaf"), [(1, 1), (7, 9), (64, 8), (65, 8), (129, 8), (1000, 60), (1023, 128)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_leaves_are_those_of_the_numpy_code(points: int, leaf: int, dtype: type) -> None:
    rng = np.random.default_rng(points)
    a, b = rng.standard_normal((2, 3, points, 3)).astype(dtype)
    a[1], b[1] = np.round(a[1]), np.round(b[1])  # many ties, along several axes at once
    a[2, : points // 2], b[2, ::2] = a[2, 0], -b[2, 0]  # many points in one place
    of_a, of_b = paired_subspaces(torch.from_numpy(a), torch.from_numpy(b), leaf)
    alone = subspaces(torch.from_numpy(a), leaf)
    for i in range(3):
        pairs = kd_subspaces.paired_subspaces(a[i], b[i], leaf)
        assert lists(of_a[i]) == [rows.tolist() for rows, _ in pairs]
        assert lists(of_b[i]) == [rows.tolist() for _, rows in pairs]
        assert lists(alone[i]) == [rows.tolist() for rows in kd_subspaces.subspaces(a[i], leaf)]


def test_only_nodes_that_are_too_large_are_cut() -> None:
    line = torch.tensor([[[float(x), 0.0, 0.0] for x in range(7)]])
    # 7 points are halved to 3 and 4; with leaves of 3 only the 4 go on, to 2 and 2.
    assert subspaces(line, 3).tolist() == [[[0, 1, 2], [3, 4, -1], [5, 6, -1]]]


def test_minus_zero_ties_with_zero() -> None:
    line = torch.tensor([[[0.0, 0.0, 0.0], [-0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [-0.0, 0.0, 0.0]]])
    assert subspaces(line, 2).tolist() == [[[1, 3], [0, 2]]]
    tied = torch.tensor([[[-9.0, 0, 0], [0, 0.0, 3], [0, -0.0, 2], [0, 0.0, 1], [0, -0.0, 0], [9, 0, 0]]])
    assert subspaces(tied, 3).tolist() == [[[0, 1, 3], [2, 4, 5]]]  # by z, since all y are equal


def test_nothing_is_read_back_from_the_device() -> None:
    """Tensors without data suffice for the shapes: 100 points in leaves of 13, 12 or 7 and 6."""
    leaves, _ = paired_subspaces(*torch.empty(2, 5, 100, 3, device="meta"), 12)
    assert leaves.shape == (5, 12, 12)


def test_clouds_of_unequal_size_and_empty_leaves_are_refused() -> None:
    with pytest.raises(UsageError, match=r"^subspaces need clouds of equal size, not \(1, 3, 3\) and \(1, 4, 3\)$"):
        paired_subspaces(torch.zeros(1, 3, 3), torch.zeros(1, 4, 3), 2)
    with pytest.raises(UsageError, match=r"^leaf is 0, and must be at least 1 point$"):
        subspaces(torch.zeros(1, 3, 3), 0)
