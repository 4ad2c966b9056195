"""Batched assignments on a CUDA device give what they give on the CPU; skipped by itself where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qaadcodec.assignment.device.greedy import greedy
from qaadcodec.assignment.device.reassignment import pair_swaps, resolve_leaves
from qaadcodec.assignment.device.subspaces import paired_subspaces
from qaadcodec.assignment.reassignment import random_rotation
from qaadcodec.metrics.em_kd import em_kd
from qaadcodec.metrics.em_kd_bounds import em_kd_bounds

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def clouds(seed: int, batch: int = 4, points: int = 3000) -> tuple[torch.Tensor, torch.Tensor]:
    a, b = np.random.default_rng(seed).standard_normal((2, batch, points, 3)).astype(np.float32)
    a[1], b[1] = np.round(a[1], 1), np.round(b[1], 1)  # ties
    return torch.from_numpy(a), torch.from_numpy(b)


def error(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (prediction.double() - target).square().sum((1, 2))


def taken(target: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    return target.gather(1, order[..., None].expand(-1, -1, 3))


def test_subspaces_are_the_same() -> None:
    a, b = clouds(0)
    for here, there in zip(paired_subspaces(a, b, 100), paired_subspaces(a.cuda(), b.cuda(), 100), strict=True):
        assert torch.equal(here, there.cpu())


def test_greedy_costs_the_same_to_a_thousandth() -> None:
    a, b = clouds(1)
    here, there = greedy(a, b, 128), greedy(a.cuda(), b.cuda(), 128).cpu()
    assert torch.equal(there.sort(1).values, torch.arange(3000).expand(4, -1))
    costs = error(a, taken(b, here)), error(a, taken(b, there))
    assert ((costs[0] - costs[1]).abs() <= 2e-3 * costs[0]).all()


def test_resolving_lowers_the_error() -> None:
    a, b = clouds(2)
    rng = np.random.default_rng(3)
    rotation = torch.from_numpy(np.stack([random_rotation(rng) for _ in range(4)])).cuda()
    order = resolve_leaves(a.cuda(), b.cuda(), 256, rotation).cpu()
    assert torch.equal(order.sort(1).values, torch.arange(3000).expand(4, -1))
    assert (error(a, taken(b, order)) < 0.6 * error(a, b)).all()


def test_a_cuda_graph_holds_pair_swaps() -> None:
    p, t = (x.cuda() for x in clouds(4))
    ahead = torch.cuda.Stream()
    ahead.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(ahead):  # libraries set themselves up outside the graph
        pair_swaps(p, t)
    torch.cuda.current_stream().wait_stream(ahead)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        order = pair_swaps(p, t)
    a, b = np.random.default_rng(5).standard_normal((2, 4, 3000, 3)).astype(np.float32)
    p.copy_(torch.from_numpy(a))
    t.copy_(torch.from_numpy(b))
    graph.replay()
    assert torch.equal(order.cpu(), pair_swaps(torch.from_numpy(a), torch.from_numpy(b)))


def test_the_exact_em_kd_lies_between_the_bounds() -> None:
    a, b = clouds(6)
    upper, lower = em_kd_bounds(a.cuda(), b.cuda(), 512)
    for i in range(4):
        exact = em_kd(a[i].numpy(), b[i].numpy(), 512)
        assert lower[i] * (1 - 1e-12) <= exact <= upper[i] * (1 + 1e-12)
    assert (upper - lower <= 1.01e-3 * upper).all()
