"""Costs and their bounds, worked out by hand."""

from __future__ import annotations

import pytest
import torch

from qaadcodec.assignment.device import certificate

A = torch.tensor([[[0.0, 0, 0], [1, 0, 0]]])
B = torch.tensor([[[0.0, 0, 0], [3, 0, 0]]])
BOTH = torch.ones(1, 2, dtype=torch.bool)
FIRST = torch.tensor([[True, False]])


def test_the_dual_bound_by_hand() -> None:
    # Costs 0, 9 and 1, 4. At prices 2, 0: min(2, 9) + min(3, 4) - 2 = 3; at zero: 0 + 1. The best costs 4.
    at_prices, at_zero = certificate.dual_bounds(A, B, torch.tensor([[2.0, 0.0]]), BOTH)
    assert (at_prices.tolist(), at_zero.tolist()) == ([3.0], [1.0])
    assert certificate.matched_cost(A, B, torch.tensor([[0, 1]]), BOTH).tolist() == [4.0]
    assert certificate.matched_cost(A, B, torch.tensor([[1, 0]]), BOTH).tolist() == [10.0]


def test_padding_takes_no_part() -> None:
    at_prices, at_zero = certificate.dual_bounds(A + 1, B, torch.tensor([[2.0, 0.0]]), FIRST)
    assert (at_prices.tolist(), at_zero.tolist()) == ([3.0], [3.0])
    assert certificate.matched_cost(A + 1, B, torch.tensor([[0, 1]]), FIRST).tolist() == [3.0]


def test_squared_distances_cancel_nothing_far_from_the_origin() -> None:
    a, b = torch.tensor([[[4096.0, 0, 0]]]), torch.tensor([[[4096.0, 0, 2.0**-9]]])
    assert certificate.squared_distances(a, b).tolist() == [[[2.0**-18]]]


@pytest.mark.parametrize("far", [0.0, 100.0])
def test_no_cost_is_above_the_diagonal_of_the_box(far: float) -> None:
    a, b = A + far, B + far - torch.tensor([0.0, 2.0, 1.0])
    # The box is 3 by 2 by 1, and the farthest pair 0 and 3 at opposite corners.
    assert certificate.largest_costs(a, b).tolist() == [14.0]
    assert certificate.squared_distances(a, b).max() == 14.0
