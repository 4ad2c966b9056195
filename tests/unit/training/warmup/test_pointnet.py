"""PointNet: a function of the set of points, its gradients, and its seed."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from qaadcodec.training.warmup.pointnet import PointNet


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def points(*shape: int) -> Tensor:
    return torch.randn(*shape, 3, generator=seeded(1))


def by_the_book(net: PointNet, clouds: Tensor) -> Tensor:
    """All features of all points, and their maximum, through autograd."""
    features = clouds
    for i in range(3):
        features = functional.linear(features, net.weights[i], net.biases[i])
        if i < 2:
            features = features.relu()
    return functional.linear(features.amax(1), net.weights[3], net.biases[3])


def test_the_shapes_of_its_layers() -> None:
    net = PointNet(7, seeded(0))
    assert [tuple(w.shape) for w in net.weights] == [(64, 3), (128, 64), (1024, 128), (7, 1024)]
    assert [tuple(b.shape) for b in net.biases] == [(64,), (128,), (1024,), (7,)]
    assert net(points(3, 50)).shape == (3, 7)


def test_the_order_and_the_repetition_of_points_do_not_matter() -> None:
    net, cloud = PointNet(5, seeded(0)), points(1, 200)
    shuffled = cloud[:, torch.randperm(200, generator=seeded(2))]
    torch.testing.assert_close(net(shuffled), net(cloud), rtol=0, atol=1e-5)
    torch.testing.assert_close(net(torch.cat([cloud, cloud[:, :30]], 1)), net(cloud), rtol=0, atol=1e-5)


def test_the_shape_matters_and_the_other_clouds_of_the_batch_do_not() -> None:
    net, cloud = PointNet(5, seeded(0)), points(1, 200)
    stretched = cloud * torch.tensor([1.0, 1.0, 1.5])
    both = net(torch.cat([cloud, stretched]))
    assert float((both[0] - both[1]).detach().norm()) > 0.1 * float(both[0].detach().norm())
    torch.testing.assert_close(both[:1], net(cloud), rtol=0, atol=1e-5)


def test_values_and_gradients_are_those_of_the_formula() -> None:
    net, clouds = PointNet(6, seeded(3)).double(), points(4, 90).double().requires_grad_()
    found, expected = net(clouds), by_the_book(net, clouds)
    torch.testing.assert_close(found, expected)
    inputs = [clouds, *net.parameters()]
    for a, b in zip(
        torch.autograd.grad(found.square().sum(), inputs),
        torch.autograd.grad(expected.square().sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_the_generator_decides_the_weights() -> None:
    first, again, other = (PointNet(4, seeded(seed)).weights[2] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
