"""Adam row by row."""

from __future__ import annotations

import torch

from qaadcodec.training.optim.row_adam import RowAdam


def test_it_is_adam_when_every_row_is_seen_in_every_step() -> None:
    generator = torch.Generator().manual_seed(3)
    table = torch.randn(6, 4, generator=generator)
    reference = table.clone().requires_grad_()
    adam, rows = RowAdam(table), torch.arange(6)
    torch_adam = torch.optim.Adam([reference], lr=1.0)
    for step in range(40):
        gradient = torch.randn(6, 4, generator=generator) * 10.0 ** (step % 5 - 2)
        rate = 0.1 / (1 + step)
        torch_adam.param_groups[0]["lr"] = rate
        reference.grad = gradient.clone()
        torch_adam.step()
        adam.step(rows, gradient, rate)
        torch.testing.assert_close(table, reference.detach(), rtol=1e-5, atol=1e-6)


def test_unseen_rows_stay_where_they_are() -> None:
    table = torch.randn(5, 3, generator=torch.Generator().manual_seed(4))
    before = table.clone()
    adam = RowAdam(table)
    for _ in range(10):
        adam.step(torch.tensor([3, 1]), torch.ones(2, 3), 0.01)
    assert torch.equal(table[[0, 2, 4]], before[[0, 2, 4]])
    # A constant gradient moves by the rate in each step, whatever its size.
    torch.testing.assert_close(table[[1, 3]], before[[1, 3]] - 0.1, rtol=0, atol=1e-5)


def test_a_row_depends_on_the_steps_that_saw_it_alone() -> None:
    gradients = torch.randn(8, 1, 3, generator=torch.Generator().manual_seed(5))
    alone, among = torch.zeros(1, 3), torch.zeros(4, 3)
    one, four = RowAdam(alone), RowAdam(among)
    for step, gradient in enumerate(gradients):
        one.step(torch.tensor([0]), gradient, 0.05)
        four.step(torch.tensor([2]), gradient, 0.05)
        four.step(torch.tensor([step % 2, 3]), torch.ones(2, 3), 0.05)
    assert torch.equal(alone[0], among[2])


def test_the_table_given_is_the_one_changed() -> None:
    table = torch.zeros(2, 2)
    adam = RowAdam(table)
    adam.step(torch.tensor([0]), torch.tensor([[1.0, -1.0]]), 0.5)
    torch.testing.assert_close(table, torch.tensor([[-0.5, 0.5], [0.0, 0.0]]), rtol=0, atol=1e-6)
