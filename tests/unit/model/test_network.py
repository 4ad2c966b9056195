"""The network in torch: the same numbers as the numpy decoder, batched, and how it starts."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from qaadcodec.config import NetworkConfig
from qaadcodec.model import numpy_layers
from qaadcodec.model.network import FoldingNetwork, encode_input, fold

Case = tuple[NetworkConfig, dict[str, np.ndarray], np.ndarray, np.ndarray]  # and its weights, Q, latents
Draw = Callable[[NetworkConfig, int], dict[str, np.ndarray]]
TOLERANCE = 1e-5


def loaded(config: NetworkConfig, weights: dict[str, np.ndarray]) -> FoldingNetwork:
    network = FoldingNetwork(config)
    network.load_arrays(weights)
    return network


def test_layers_modulated_once_serve_every_point(case: Case) -> None:
    config, weights, _, latents = case
    layers = loaded(config, weights).modulated(torch.from_numpy(latents))
    for b, z in enumerate(latents):
        expected = numpy_layers.modulated_layers(config, weights, z)
        for (weight, bias), (weight_np, bias_np) in zip(layers, expected, strict=True):
            assert np.abs(weight[b].detach().numpy().T - weight_np).max() < 1e-6
            assert np.abs(bias[b].detach().numpy() - bias_np).max() < 1e-6


def test_each_cloud_of_a_batch_is_folded_for_itself(random_weights: Draw) -> None:
    config = NetworkConfig(latent_size=3, patches=2, shared_widths=(8, 8), head_widths=(4,))
    network = loaded(config, random_weights(config, 1))
    generator = torch.Generator().manual_seed(2)
    q, latents = torch.rand(2, 5, 3, generator=generator), torch.randn(4, 3, generator=generator)
    with torch.no_grad():
        together = network(q, latents)
        assert together.shape == (4, 10, 3)
        for b in range(4):
            assert (together[b] - network(q, latents[b : b + 1])[0]).abs().max() < 1e-6


def test_each_patch_has_heads_of_its_own(random_weights: Draw) -> None:
    """The same points in every patch come out differently, and follow the heads when these are exchanged."""
    config = NetworkConfig(latent_size=3, patches=3, shared_widths=(8,), head_widths=(4,))
    network = loaded(config, random_weights(config, 3))
    q = torch.linspace(-1, 1, 12).reshape(1, 4, 3).expand(3, -1, -1)
    latents = torch.ones(1, 3)
    with torch.no_grad():
        shared, heads = network.modulated(latents), network.heads()
        plain = fold(config, shared, heads, q).reshape(3, 4, 3)
        turned = fold(config, shared, [(w[[1, 2, 0]], b[[1, 2, 0]]) for w, b in heads], q).reshape(3, 4, 3)
    assert (plain[0] - plain[1]).abs().max() > 0.1
    assert (turned - plain[[1, 2, 0]]).abs().max() < 1e-6


@pytest.mark.parametrize("head_widths", [(), (16,), (8, 8)])
@pytest.mark.parametrize("film", [True, False])
def test_with_displacement_it_starts_as_the_input_cloud(head_widths: tuple[int, ...], film: bool) -> None:
    config = NetworkConfig(latent_size=6, patches=4, shared_widths=(16, 8), head_widths=head_widths, film=film)
    network = FoldingNetwork(config, torch.Generator().manual_seed(4))
    q = torch.randn(4, 7, 3, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        predicted = network(q, 3 * torch.randn(2, 6))
    assert torch.equal(predicted, q.reshape(1, 28, 3).expand(2, -1, -1))


def test_without_displacement_it_does_not_start_at_zero() -> None:
    config = NetworkConfig(latent_size=6, patches=4, shared_widths=(32, 32), displacement=False)
    network = FoldingNetwork(config, torch.Generator().manual_seed(6))
    with torch.no_grad():
        predicted = network(torch.randn(4, 50, 3), torch.randn(2, 6))
    assert 0.2 < float(predicted.std()) < 5


def test_initial_weights_are_lecun_normal() -> None:
    config = NetworkConfig(latent_size=25, patches=16, shared_widths=(256, 100), head_widths=(64,), displacement=False)
    start = FoldingNetwork(config, torch.Generator().manual_seed(7)).arrays()
    for name, shape in config.tensor_shapes().items():
        assert start[name].shape == shape
        if name.endswith(("bias", "scale")):
            assert not start[name].any()
        else:
            error = 1 / math.sqrt(2 * start[name].size)  # standard error of a standard deviation, relative
            assert start[name].std() * math.sqrt(shape[-1]) == pytest.approx(1.0, abs=5 * error)
            assert abs(start[name].mean()) * math.sqrt(start[name].size * shape[-1]) < 5


def test_the_generator_decides_the_start() -> None:
    config = NetworkConfig(latent_size=3, patches=2, shared_widths=(8,))
    first, second, other = (FoldingNetwork(config, torch.Generator().manual_seed(s)).arrays() for s in (1, 1, 2))
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)
    assert first["shared.0.weight"].tobytes() != other["shared.0.weight"].tobytes()


def test_arrays_are_copies_that_load_again(random_weights: Draw) -> None:
    config = NetworkConfig(latent_size=3, patches=2, shared_widths=(8, 4))
    weights = random_weights(config, 8)
    network = loaded(config, weights)
    given = network.arrays()
    assert list(given) == list(config.tensor_shapes())
    assert all(given[name].tobytes() == weights[name].tobytes() for name in weights)
    given["head.0.bias"][:] = 9
    assert network.arrays()["head.0.bias"].tobytes() == weights["head.0.bias"].tobytes()


def test_only_film_networks_have_scales() -> None:
    film = FoldingNetwork(NetworkConfig(latent_size=3, patches=2, shared_widths=(8, 4)))
    plain = FoldingNetwork(NetworkConfig(latent_size=3, patches=2, shared_widths=(8, 4), film=False))
    assert [film.get(f"shared.{i}.{t}") is not None for i in (0, 1) for t in ("scale", "shift")] == [True] * 4
    assert [plain.get(f"shared.{i}.{t}") is not None for i in (0, 1) for t in ("scale", "shift")] == [0, 1, 0, 0]


def test_both_encode_points_alike() -> None:
    q = np.random.default_rng(9).uniform(-1.5, 1.5, (300, 3)).astype(np.float32)
    for octaves in (0, 4, 16):
        ours = encode_input(torch.from_numpy(q), octaves).numpy()
        assert np.abs(ours - numpy_layers.encode_input(q, octaves)).max() < 5e-7


def test_gradients_of_fourier_features_are_those_of_sine_and_cosine() -> None:
    q = torch.tensor([[0.3, -0.7, 1.9]], dtype=torch.float64, requires_grad=True)
    features = encode_input(q, 3)[0]
    for octave in range(3):
        (gradient,) = torch.autograd.grad(features[3 + 6 * octave], q, retain_graph=True)
        rate = math.pi * 2**octave
        assert gradient[0].tolist() == pytest.approx([rate * math.cos(rate * 0.3), 0, 0], abs=1e-9)
