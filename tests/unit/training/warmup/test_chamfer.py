"""The augmented Chamfer distance against the metric of that name, and its gradient against differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from qaadcodec.metrics.nearest import nearest_distances
from qaadcodec.training.host.nearest import nearest_both_ways
from qaadcodec.training.warmup.chamfer import augmented_chamfer


def clouds(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def distance(prediction: Tensor, target: Tensor) -> Tensor:
    return augmented_chamfer(prediction, target, nearest_both_ways)


@pytest.mark.parametrize(("s", "t"), [(100, 100), (70, 130), (130, 1), (1, 60)])
def test_it_is_the_mean_of_the_metric(s: int, t: int) -> None:
    prediction, target = clouds(3, s), clouds(3, t, seed=1) * 1.5
    expected = [
        nearest_distances(a.numpy(), b.numpy()).augmented_chamfer for a, b in zip(prediction, target, strict=True)
    ]
    assert float(distance(prediction, target)) == pytest.approx(np.mean(expected), rel=1e-12)


def test_the_larger_direction_of_each_cloud_counts() -> None:
    """One prediction of the first cloud is far from the target, one target of the second from the prediction."""
    near = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    far = torch.tensor([[0.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
    # forward 9/2, backward 1/2 of the first; the second the other way round
    assert float(distance(torch.stack([far, near]), torch.stack([near, far]))) == 4.5
    # both directions alike would give (9 + 1) / 2 / 2
    assert float(distance(near[None], near[None])) == 0.0


@pytest.mark.parametrize("stretch", [0.5, 2.0], ids=["backward is larger", "forward is larger"])
def test_the_gradient_is_that_of_finite_differences(stretch: float) -> None:
    prediction, target = (clouds(2, 20) * stretch).requires_grad_(), clouds(2, 25, seed=1)
    assert torch.autograd.gradcheck(lambda p: distance(p, target), (prediction,), eps=1e-7, atol=1e-6)


def test_descent_brings_a_cloud_to_its_target() -> None:
    prediction, target = clouds(1, 200).requires_grad_(), clouds(1, 200, seed=1) + 2.0
    before = float(distance(prediction, target).detach())
    adam = torch.optim.Adam([prediction], lr=0.05)
    for _ in range(150):
        adam.zero_grad()
        distance(prediction, target).backward()  # type: ignore[no-untyped-call]
        adam.step()
    assert float(distance(prediction, target).detach()) < 0.15 * before
