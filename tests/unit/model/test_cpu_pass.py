"""The hand-written gradients against autograd through the plain network."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from qaadcodec.config import NetworkConfig
from qaadcodec.model.cpu_pass import SELU_ALPHA, SELU_SCALE, cloud_by_cloud, selu_backward
from qaadcodec.model.cpu_threads import Threads, cloud_threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.training.host.loss import matched_error

CASES = list(itertools.product([True, False], [True, False], [(), (16,), (8, 8)]))


def network_of(film: bool, displacement: bool, head_widths: tuple[int, ...]) -> FoldingNetwork:
    """A network of which no tensor is zero, so that every gradient has something to do."""
    config = NetworkConfig(
        latent_size=5,
        patches=3,
        shared_widths=(12, 10, 7),
        head_widths=head_widths,
        fourier_octaves=2,
        film=film,
        displacement=displacement,
    )
    generator = torch.Generator().manual_seed(1)
    network = FoldingNetwork(config, generator)
    with torch.no_grad():
        for tensor in network.parameters():
            tensor += 0.3 * torch.randn(tensor.shape, generator=generator)
    return network


def problem(network: FoldingNetwork, batch: int, seed: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """q (K, s, 3), latents (B, l), targets (B, K·s, 3)."""
    generator = torch.Generator().manual_seed(seed)
    patches, size = network.config.patches, network.config.latent_size
    q = torch.randn(patches, 4, 3, generator=generator)
    return (
        q.requires_grad_(),
        torch.randn(batch, size, generator=generator).requires_grad_(),
        torch.randn(batch, patches * 4, 3, generator=generator),
    )


def plain(network: FoldingNetwork, q: Tensor, latents: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    predictions = network(q, latents)
    return torch.square(predictions - targets).sum(-1).mean(), predictions


def gradients(network: FoldingNetwork, loss: Tensor, q: Tensor, latents: Tensor) -> dict[str, Tensor]:
    names = [*network.config.tensor_shapes(), "q", "latents"]
    inputs = [*(network[name] for name in network.config.tensor_shapes()), q, latents]
    found = torch.autograd.grad(loss, inputs)
    return dict(zip(names, found, strict=True))


@pytest.mark.parametrize(("film", "displacement", "head_widths"), CASES)
@pytest.mark.parametrize("batch", [1, 2, 5])  # fewer, as many and more clouds than threads
def test_loss_predictions_and_every_gradient_are_autograds(
    threads: Threads, film: bool, displacement: bool, head_widths: tuple[int, ...], batch: int
) -> None:
    network = network_of(film, displacement, head_widths)
    q, latents, targets = problem(network, batch)
    expected_loss, expected = plain(network, q, latents, targets)
    wanted = gradients(network, expected_loss, q, latents)
    loss, predictions = cloud_by_cloud(network, q, latents, targets, threads)
    found = gradients(network, loss, q, latents)
    assert float(loss.detach()) == pytest.approx(float(expected_loss.detach()), rel=1e-5)
    assert not predictions.requires_grad
    torch.testing.assert_close(predictions, expected.detach(), rtol=1e-4, atol=1e-4)
    for name, gradient in wanted.items():
        assert float(gradient.abs().max()) > 0, name
        scale = float(gradient.abs().max())
        torch.testing.assert_close(
            found[name], gradient, rtol=1e-3, atol=1e-5 * scale, msg=lambda m, n=name: f"{n}: {m}"
        )


@pytest.mark.parametrize(("film", "displacement", "head_widths"), CASES)
def test_a_frozen_network_gives_the_same_gradient_of_the_latents(
    threads: Threads, film: bool, displacement: bool, head_widths: tuple[int, ...]
) -> None:
    """To the bit: what is not wanted is left out, and nothing else changes."""
    network = network_of(film, displacement, head_widths)
    q, latents, targets = problem(network, 3)
    loss, _ = cloud_by_cloud(network, q, latents, targets, threads)
    wanted = torch.autograd.grad(loss, latents)[0]
    network.requires_grad_(False)
    frozen, _ = cloud_by_cloud(network, q.detach(), latents, targets, threads)
    assert frozen.detach() == loss.detach()
    assert torch.equal(torch.autograd.grad(frozen, latents)[0], wanted)


def test_the_outer_gradient_multiplies(threads: Threads) -> None:
    network = network_of(True, True, (16,))
    q, latents, targets = problem(network, 3)
    once = gradients(network, cloud_by_cloud(network, q, latents, targets, threads)[0], q, latents)
    thrice = gradients(network, 3.0 * cloud_by_cloud(network, q, latents, targets, threads)[0], q, latents)
    for name in once:
        torch.testing.assert_close(thrice[name], 3.0 * once[name], rtol=1e-5, atol=1e-7)


def test_bfloat16_comes_close(threads: Threads, threads_bfloat16: Threads) -> None:
    network = network_of(True, True, (16,))
    q, latents, targets = problem(network, 4)
    exact_loss, exact = cloud_by_cloud(network, q, latents, targets, threads)
    wanted = gradients(network, exact_loss, q, latents)
    loss, predictions = cloud_by_cloud(network, q, latents, targets, threads_bfloat16)
    found = gradients(network, loss, q, latents)
    assert float(loss.detach()) == pytest.approx(float(exact_loss.detach()), rel=0.02)
    assert float(loss.detach()) != float(exact_loss.detach())  # the products were taken in bfloat16
    assert float((predictions - exact).abs().max()) < 0.05 * float(exact.abs().max())
    for name, gradient in wanted.items():
        assert found[name].dtype == torch.float32
        cosine = torch.nn.functional.cosine_similarity(found[name].ravel(), gradient.ravel(), dim=0)
        assert float(cosine) > 0.99, name


def test_the_number_of_threads_changes_only_the_order_of_sums(threads: Threads) -> None:
    network = network_of(True, True, (16,))
    q, latents, targets = problem(network, 5)
    many = gradients(network, cloud_by_cloud(network, q, latents, targets, threads)[0], q, latents)
    alone = Threads(threads.pool, 1, torch.float32)
    one = gradients(network, cloud_by_cloud(network, q, latents, targets, alone)[0], q, latents)
    for name in many:
        torch.testing.assert_close(many[name], one[name], rtol=1e-4, atol=1e-6)


def test_the_same_call_twice_gives_the_same_bits(threads_bfloat16: Threads) -> None:
    network = network_of(True, True, (16,))
    q, latents, targets = problem(network, 5)
    first, second = (
        gradients(network, cloud_by_cloud(network, q, latents, targets, threads_bfloat16)[0], q, latents)
        for _ in range(2)
    )
    for name in first:
        assert torch.equal(first[name], second[name]), name


def test_the_matched_error_on_the_cpu_is_this_one(threads: Threads) -> None:
    network = network_of(False, True, (8, 8))
    q, latents, targets = problem(network, 2)
    loss, predictions = matched_error(network, q, latents, targets, threads)
    other, same = cloud_by_cloud(network, q, latents, targets, threads)
    assert float(loss.detach()) == float(other.detach())
    assert torch.equal(predictions, same)


def test_selu_backward_is_autograds() -> None:
    x = torch.linspace(-4, 4, 33, requires_grad=True)
    result = torch.nn.functional.selu(x)
    weights = torch.arange(33.0)
    (wanted,) = torch.autograd.grad((result * weights).sum(), x)
    torch.testing.assert_close(selu_backward(weights, result.detach()), wanted)
    assert [np.float32(1.6732632423543772), np.float32(1.0507009873554805)] == [SELU_ALPHA, SELU_SCALE]


def test_threads_give_torch_its_own_threads_back() -> None:
    before = torch.get_num_threads()
    with cloud_threads() as threads:
        assert torch.get_num_threads() == 1
        assert threads.count >= 1
        assert list(threads.pool.map(np.square, range(4))) == [0, 1, 4, 9]
    assert torch.get_num_threads() == before
