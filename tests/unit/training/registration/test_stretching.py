"""How much clouds stretch: nothing where lengths stay, a known number where they do not, and of each rank its own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from qaadcodec.training.registration.stretching import NEIGHBOURS, edges, stretched

LINE = torch.tensor([[float(x), 0.0, 0.0] for x in (0, 1, 2, 4, 8, 16)])


def turned(points: Tensor, angle: float) -> Tensor:
    """Points turned about the z axis, and shifted."""
    c, s = torch.cos(torch.tensor(angle)), torch.sin(torch.tensor(angle))
    return points @ torch.tensor([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]).T + 3.0


def test_edges_lead_to_the_nearest_other_rows() -> None:
    assert [sorted(near) for near in edges(LINE).tolist()[:2]] == [[1, 2, 3, 4], [0, 2, 3, 4]]
    assert edges(LINE).shape == (6, NEIGHBOURS)
    assert edges(LINE[:2]).tolist() == [[1], [0]]  # of few rows, all the others


def test_turning_and_shifting_stretch_nothing() -> None:
    points = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    clouds = torch.stack([points, turned(points, 0.7), turned(points, -2.0)])
    assert float(stretched(clouds, [0, 1, 2], edges(points))) == pytest.approx(0.0, abs=1e-10)


def test_a_cloud_of_twice_the_size_stretches_every_edge_by_its_length() -> None:
    near = edges(LINE)
    lengths = (LINE[near] - LINE[:, None]).norm(dim=-1)
    found = stretched(torch.stack([LINE, 2.0 * LINE]), [0, 1], near)
    assert float(found) == pytest.approx(float(lengths.square().mean()), rel=1e-6)
    three = stretched(torch.stack([LINE, 2.0 * LINE, LINE]), [0], near)  # the mean over the two others
    assert float(three) == pytest.approx(0.5 * float(lengths.square().mean()), rel=1e-6)


def test_the_gradients_of_ranks_add_up_and_each_moves_its_own_clouds() -> None:
    drawn = torch.randn(2, 30, 3, generator=torch.Generator().manual_seed(1))

    def gradient(own: list[int]) -> Tensor:
        clouds = drawn.clone().requires_grad_()
        stretched(clouds, own, edges(drawn[0])).backward()  # type: ignore[no-untyped-call]
        assert clouds.grad is not None
        return clouds.grad

    first, second, both = gradient([0]), gradient([1]), gradient([0, 1])
    assert not first[1].any()
    assert first[0].any()
    torch.testing.assert_close(first + second, 2.0 * both)  # a rank counts as many times as it has clouds


def test_descending_brings_lengths_together_and_is_finite_where_rows_meet() -> None:
    clouds = torch.stack([LINE, 1.5 * LINE]).requires_grad_()
    with torch.no_grad():
        clouds[1, 1] = clouds[1, 0]
    before = stretched(clouds, [0, 1], edges(LINE))
    before.backward()  # type: ignore[no-untyped-call]
    assert clouds.grad is not None
    assert clouds.grad.isfinite().all()
    assert stretched(clouds - 0.1 * clouds.grad, [0, 1], edges(LINE)) < 0.9 * before
