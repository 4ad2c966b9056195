"""The differentiable decoder of an archive: the numpy decoder's points in input units, and true gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from qaadcodec.config import NetworkConfig
from qaadcodec.model.numpy_decoder import CHUNK, decode_points
from qaadcodec.model.torch_decoder import Decoder

Case = tuple[NetworkConfig, dict[str, np.ndarray], np.ndarray, np.ndarray]  # and its weights, Q, latents
Draw = Callable[[NetworkConfig, int], dict[str, np.ndarray]]


def test_many_chunks_come_back_in_the_order_of_the_input_cloud(random_weights: Draw) -> None:
    config = NetworkConfig(latent_size=2, patches=3, shared_widths=(6,), head_widths=(), fourier_octaves=0)
    weights = random_weights(config, 1)
    cloud = np.random.default_rng(2).uniform(-1, 1, (3 * CHUNK + 2, 3)).astype(np.float32)  # patches over one chunk
    latent = np.array([0.5, -1.5], np.float32)
    module = Decoder(config, weights, cloud, (0.0, 0.0, 0.0), 1.0)
    with torch.no_grad():
        decoded = module.normalised(torch.from_numpy(latent)[None])[0].numpy()
    assert np.abs(decoded - decode_points(config, weights, cloud, latent)).max() < 1e-5


def test_points_are_in_input_units_in_float64(case: Case) -> None:
    config, weights, cloud, latents = case
    offset, scale = (5e6 + 0.001, 4e5 + 0.1, -12.3), 0.7  # none of them a float32
    module = Decoder(config, weights, cloud, offset, scale)
    with torch.no_grad():
        points = module(torch.from_numpy(latents))
        normalised = module.normalised(torch.from_numpy(latents))
    assert points.dtype == torch.float64
    exact = normalised.numpy().astype(np.float64)
    assert np.array_equal(points.numpy()[..., :3], exact[..., :3] * scale + np.array(offset))
    assert np.array_equal(points.numpy()[..., 3:], exact[..., 3:])


def test_gradients_are_those_of_finite_differences(case: Case) -> None:
    """In float64, of every coordinate with regard to every number of the latents; patches are unequal in some cases."""
    config, weights, cloud, latents = case
    module = Decoder(config, weights, cloud, (1.0, 2.0, 3.0), 0.5).double()
    z = torch.from_numpy(latents[:1]).double().requires_grad_()
    assert torch.autograd.gradcheck(module, (z,), eps=1e-6, atol=1e-6, fast_mode=True)


def test_gradients_reach_the_input_cloud_and_the_weights_once(random_weights: Draw) -> None:
    """Patches of 3, 2 and 2 points are evened out inside; no row may count twice."""
    config = NetworkConfig(latent_size=2, patches=3, shared_widths=(6,), head_widths=(4,), fourier_octaves=1)
    cloud = np.random.default_rng(3).uniform(-1, 1, (7, 3)).astype(np.float32)
    module = Decoder(config, random_weights(config, 4), cloud, (0.0, 0.0, 0.0), 1.0).double()
    z = torch.tensor([[0.3, -0.8]], dtype=torch.float64)
    parameters = [*module.parameters()]
    assert len(parameters) == len(config.tensor_shapes()) + 1
    gradients = torch.autograd.grad(module(z).square().sum(), parameters)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        way = torch.ones_like(parameter) / 3
        with torch.no_grad():
            parameter += 1e-6 * way
            above = module(z).square().sum()
            parameter -= 2e-6 * way
            below = module(z).square().sum()
            parameter += 1e-6 * way
        slope = (above - below) / 2e-6
        assert abs(float(slope - (gradient * way).sum())) < 1e-6 * max(1.0, abs(float(slope)))


def test_descent_on_a_latent_finds_the_cloud_it_was_decoded_from(random_weights: Draw) -> None:
    """The use it is made for: a latent is fitted to points through the decoder."""
    config = NetworkConfig(latent_size=2, patches=2, shared_widths=(8,), head_widths=(), fourier_octaves=0)
    cloud = np.random.default_rng(5).uniform(-1, 1, (40, 3)).astype(np.float32)
    module = Decoder(config, random_weights(config, 6), cloud, (10.0, 0.0, 0.0), 2.0).requires_grad_(False)
    wanted = torch.tensor([[0.4, -0.3]])
    target = module(wanted)
    latent = torch.zeros(1, 2, requires_grad=True)
    descent = torch.optim.LBFGS([latent], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        descent.zero_grad()
        value = (module(latent) - target).square().mean()
        value.backward()
        return value

    descent.step(loss)
    assert (latent - wanted).abs().max() < 1e-3


def test_it_keeps_its_own_copies(random_weights: Draw) -> None:
    config = NetworkConfig(latent_size=2, patches=2, shared_widths=(6,))
    weights, cloud = random_weights(config, 7), np.zeros((4, 3), np.float32)
    module = Decoder(config, weights, cloud, (0.0, 0.0, 0.0), 1.0)
    before = module(torch.ones(1, 2)).detach()
    cloud += 1
    weights["shared.0.weight"][:] = 0
    assert torch.equal(module(torch.ones(1, 2)), before)


def test_its_state_holds_all_that_decoding_takes(random_weights: Draw) -> None:
    config = NetworkConfig(latent_size=2, patches=2, shared_widths=(6,))
    cloud = np.random.default_rng(8).uniform(-1, 1, (9, 3)).astype(np.float32)
    module = Decoder(config, random_weights(config, 9), cloud, (1.0, 2.0, 3.0), 4.0)
    other = Decoder(config, random_weights(config, 10), np.zeros((9, 3), np.float32), (0.0, 0.0, 0.0), 1.0)
    other.load_state_dict(module.state_dict())
    assert torch.equal(other(torch.ones(1, 2)), module(torch.ones(1, 2)))
