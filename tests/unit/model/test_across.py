"""The weighed matched error: known answers, and the gradients of both ways of computing it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from qaadcodec.config import NetworkConfig
from qaadcodec.model.across import mean_weight, packed, pull, squared_gap, unpacked, weighed_gap
from qaadcodec.model.cpu_pass import cloud_by_cloud
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork

Array = npt.NDArray[np.float64]


def unit_vectors(count: int, seed: int = 0) -> Array:
    vectors = np.random.default_rng(seed).standard_normal((count, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def with_normals(points: Tensor, normals: Array) -> Tensor:
    codes = torch.from_numpy(packed(normals.reshape(-1, 3))).view(*points.shape[:-1], 1)
    return torch.cat([points, codes], -1)


def test_a_normal_comes_back_within_half_a_degree() -> None:
    normals = unit_vectors(20000)
    back = unpacked(torch.from_numpy(packed(normals))).numpy().astype(np.float64)
    cosine = np.abs(np.einsum("ni,ni->n", back, normals)) / np.linalg.norm(back, axis=1)
    assert np.degrees(np.arccos(np.minimum(cosine, 1.0))).max() < 0.45
    assert np.abs(np.linalg.norm(back, axis=1) - 1.0).max() < 0.008


def test_axes_and_no_normal_are_exact() -> None:
    normals = np.vstack([np.eye(3), -np.eye(3), np.zeros((1, 3))])
    codes = packed(normals)
    assert codes.max() < 2**24
    assert np.array_equal(unpacked(torch.from_numpy(codes)).numpy(), normals.astype(np.float32))


def test_what_leaves_the_surface_counts_more_and_what_lies_along_it_does_not() -> None:
    normal = np.array([[0.0, 0.0, 1.0]])
    target = with_normals(torch.zeros(1, 3), normal)
    along, off = torch.tensor([[3.0, 4.0, 0.0]]), torch.tensor([[0.0, 0.0, 2.0]])
    assert float(weighed_gap(along, target, 5.0)) == 25.0
    assert float(weighed_gap(off, target, 5.0)) == 20.0
    assert float(weighed_gap(along + off, target, 5.0)) == 45.0
    assert float(squared_gap(along + off, target)) == 29.0
    assert torch.equal(pull(along + off, target, 5.0), torch.tensor([[3.0, 4.0, 10.0]]))


def test_a_gap_of_any_direction_counts_so_much_in_the_mean() -> None:
    gaps = torch.from_numpy(unit_vectors(100000)).float()
    target = with_normals(torch.zeros(100000, 3), np.tile([[0.6, 0.0, 0.8]], (100000, 1)))
    assert float(weighed_gap(gaps, target, 4.0)) == pytest.approx(mean_weight(4.0), rel=0.02)


def test_without_normals_it_is_the_squared_distance_whatever_the_weight() -> None:
    gap = torch.randn(7, 3, generator=torch.Generator().manual_seed(1))
    assert pull(gap, torch.zeros(7, 3), 9.0) is gap
    assert float(weighed_gap(gap, torch.zeros(7, 3), 9.0)) == pytest.approx(float(gap.square().sum(-1).mean()))


@pytest.mark.parametrize("displacement", [True, False])
def test_the_gradients_cloud_by_cloud_are_autograds(threads: Threads, displacement: bool) -> None:
    config = NetworkConfig(
        latent_size=4, patches=3, shared_widths=(12, 8), head_widths=(6,), fourier_octaves=1, displacement=displacement
    )
    generator = torch.Generator().manual_seed(3)
    network = FoldingNetwork(config, generator)
    with torch.no_grad():
        for tensor in network.parameters():
            tensor += 0.3 * torch.randn(tensor.shape, generator=generator)
    q = torch.randn(3, 5, 3, generator=generator).requires_grad_()
    latents = torch.randn(2, 4, generator=generator).requires_grad_()
    points = torch.randn(2, 15, 3, generator=generator)
    targets = with_normals(points, unit_vectors(30).reshape(2, 15, 3))
    inputs = [*network.parameters(), q, latents]
    wanted_loss = weighed_gap(network(q, latents), targets, 4.0)
    wanted = torch.autograd.grad(wanted_loss, inputs)
    loss, predictions = cloud_by_cloud(network, q, latents, targets, threads, 4.0)
    assert float(loss.detach()) == pytest.approx(float(wanted_loss.detach()), rel=1e-5)
    assert predictions.shape == points.shape
    plain, _ = cloud_by_cloud(network, q, latents, points, threads, 4.0)
    assert float(loss.detach()) > 1.2 * float(plain.detach())
    for found, expected in zip(torch.autograd.grad(loss, inputs), wanted, strict=True):
        scale = float(expected.abs().max())
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5 * scale)
