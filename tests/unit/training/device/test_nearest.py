"""Neighbours from tables of distances: no size of a table makes a difference."""

from __future__ import annotations

import pytest
import torch

from qaadcodec.training.device.nearest import nearest_both_ways


@pytest.mark.parametrize("table", [1, 500, 1 << 20])
def test_the_size_of_the_table_makes_no_difference(table: int) -> None:
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(3, 50, 3, generator=generator, dtype=torch.float64)
    b = torch.randn(3, 80, 3, generator=generator, dtype=torch.float64)
    squared = torch.square(a[:, :, None] - b[:, None]).sum(3)  # (3, 50, 80)
    there, back = nearest_both_ways(a, b, table)
    assert torch.equal(there, squared.argmin(2))
    assert torch.equal(back, squared.argmin(1))
