"""How far noise in each tensor moves the predictions, and the grids and the price that follow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from qaadcodec.archive.coding.grids import storable
from qaadcodec.config import NetworkConfig
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.training.learner import Learner
from qaadcodec.training.quantise import sensitivity as module
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.quantise.sensitivity import COARSEST, Sensitivity, chosen_grids, root_mean_square, sensitivity

MakeLoud = Callable[..., Learner]

SMALL = NetworkConfig(latent_size=3, patches=2, shared_widths=(8, 6), head_widths=(5,), fourier_octaves=1)
NEAR = 2.0**-8  # by ratio: what becomes of a grid that has to be stored


def test_the_learner_is_as_it_was(make_loud: MakeLoud) -> None:
    learner = make_loud(SMALL, 5, 40)
    learner.input_cloud.requires_grad_()  # as in training
    arrays, q, latents = learner.network.arrays(), learner.input_cloud.detach().clone(), learner.latents.clone()
    first = sensitivity(learner, 7)
    for name, array in learner.network.arrays().items():
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)
    assert torch.equal(learner.input_cloud, q)
    assert torch.equal(learner.latents, latents)
    assert learner.input_cloud.requires_grad
    assert all(tensor.grad is None for tensor in (learner.input_cloud, *learner.network.parameters()))
    again, other = sensitivity(learner, 7), sensitivity(learner, 8)
    assert (first.weights, first.input_cloud) == (again.weights, again.input_cloud)
    np.testing.assert_array_equal(first.latents, again.latents)
    assert first.input_cloud != other.input_cloud


def test_an_untrained_network_hands_noise_of_the_input_cloud_on_as_it_is() -> None:
    """P̂ = Q, so the displacement is the noise: 3 Δ² / 12 a point, over 3 M coordinates."""
    config = NetworkConfig(latent_size=2, patches=50, shared_widths=(8,), head_widths=(4,), fourier_octaves=1)
    generator = torch.Generator().manual_seed(0)
    network = FoldingNetwork(config, generator)
    learner = Learner(network, torch.rand(2000, 3, generator=generator), torch.randn(3, 2, generator=generator))
    found = sensitivity(learner, 0)
    assert found.input_cloud == pytest.approx(1.0 / (12 * 2000), rel=0.05)
    # A bias of the last layer is added to a coordinate of the points of its patch: Δ² / 12 of 3 K of them.
    assert found.weights["head.1.bias"] == pytest.approx(1.0 / (12 * 50), rel=0.3)
    assert found.weights["head.1.weight"] > 0
    silent = {name: c for name, c in found.weights.items() if not name.startswith("head.1")}
    assert set(silent.values()) == {0.0}  # behind a last layer of zeros
    assert found.latents.tolist() == [0.0, 0.0]


class Watched:
    """A network that keeps what it is shown."""

    def __init__(self, network: FoldingNetwork) -> None:
        self.network, self.shown = network, list[tuple[Tensor, Tensor]]()
        self.config = network.config

    def __getitem__(self, name: str) -> Tensor:
        return self.network[name]

    def __call__(self, q: Tensor, latents: Tensor) -> Tensor:
        self.shown.append((q.clone(), latents.clone()))
        return self.network(q, latents)


@pytest.mark.parametrize(("size", "widest"), [(3.0, 0.01 * 3.0), (0.0, 0.01 * 1e-3)], ids=["any", "zeros"])
def test_the_noise_is_a_fiftieth_of_the_numbers_wide(make_loud: MakeLoud, size: float, widest: float) -> None:
    """Even about zero, on 4096 points of four clouds; as if they were a thousandth where all are zero."""
    learner: Any = make_loud(replace(SMALL, patches=1), 5, 4200)
    learner.input_cloud.copy_(size * torch.sign(learner.input_cloud))
    learner.network = Watched(learner.network)
    sensitivity(learner, 0)
    (before, clouds), (after, same) = learner.network.shown[0], learner.network.shown[-1]
    assert before.shape[:-1].numel() == 4096
    assert clouds.shape == (4, 3)
    assert torch.equal(clouds, same)
    noise = (after - before).double()  # that in the input cloud comes last
    assert float(noise.max()) == pytest.approx(widest, rel=0.01)
    assert float(noise.min()) == pytest.approx(-widest, rel=0.01)
    assert abs(float(noise.mean())) < 0.03 * widest


def linear(clouds: int) -> Learner:
    """P̂ = q + W λ (T l + 10), λ being SELU's scale: bias keeps the one layer where SELU is linear."""
    config = NetworkConfig(
        latent_size=2, patches=1, shared_widths=(2,), head_widths=(), fourier_octaves=0, film=False, displacement=True
    )
    generator = torch.Generator().manual_seed(1)
    network = FoldingNetwork(config, generator)
    with torch.no_grad():
        network["shared.0.weight"].zero_()
        network["shared.0.bias"].fill_(10.0)
        network["shared.0.shift"].copy_(torch.tensor([[0.5, 0.1], [0.0, 0.2]]))
        network["head.0.weight"].zero_()
        network["head.0.weight"][0, :, :2] = torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 1.0]])
    return Learner(network, torch.rand(4, 3, generator=generator), torch.randn(clouds, 2, generator=generator))


SELU = 1.0507009873554805


def test_latents_of_a_linear_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cloud moves by λ |W T_j| times its noise: λ² |W T_j|² Δ² / 12, over N numbers."""
    monkeypatch.setattr(module, "PROBED_CLOUDS", 3000)
    found = sensitivity(linear(3000), 0)
    # W T = (0.5, 0, 0) and (0.1, 0.4, 0.2)
    wanted = SELU**2 * np.array([0.25, 0.21]) / (12 * 3000)
    np.testing.assert_allclose(found.latents, wanted, rtol=0.08)


def test_clouds_that_are_not_probed_do_not_count() -> None:
    """Four of all clouds tell of all: N times the clouds, and a number of theirs matters an N-th."""
    few, many = sensitivity(linear(50), 3), sensitivity(linear(5000), 3)
    np.testing.assert_allclose(few.latents / many.latents, 100.0, rtol=1.5)
    assert (few.latents / many.latents > 20).all()


def test_twice_the_effect_takes_half_the_step() -> None:
    plain, louder = linear(20), linear(20)
    with torch.no_grad():
        louder.network["shared.0.shift"][:, 1] *= 2.0
    first, _ = chosen_grids(plain, 1e-4, 0)
    second, _ = chosen_grids(louder, 1e-4, 0)
    assert second.latents[1] == pytest.approx(0.5 * first.latents[1], rel=2 * NEAR)
    assert second.latents[0] == pytest.approx(first.latents[0], rel=2 * NEAR)


def test_every_number_may_cost_the_same(make_loud: MakeLoud, monkeypatch: pytest.MonkeyPatch) -> None:
    """c Δ² = error / numbers, and λ = 2 ln 2 of that."""
    learner = make_loud(SMALL, 5, 40)
    weights = {name: 0.01 * (i + 1) for i, name in enumerate(SMALL.tensor_shapes())}
    known = Sensitivity(weights, np.array([1.0, 2.0, 8.0]), 0.5)
    monkeypatch.setattr(module, "sensitivity", lambda learner, seed: known)
    numbers = sum(weight.numel() for weight in learner.network.parameters()) + 40 * 3 + 5 * 3
    each = 1e-6 / numbers
    grids, price = chosen_grids(learner, 1e-6, 0)
    assert price == pytest.approx(2.0 * math.log(2.0) * each)
    for name, c in weights.items():
        assert grids.weights[name] == pytest.approx(math.sqrt(each / c), rel=NEAR), name
        assert grids.weights[name] == storable(grids.weights[name])
    np.testing.assert_allclose(grids.latents, np.sqrt(each / known.latents), rtol=NEAR)
    assert grids.input_cloud == pytest.approx(math.sqrt(each / 0.5), rel=NEAR)

    more, dearer = chosen_grids(learner, 4e-6, 0)  # four times the error
    assert dearer == pytest.approx(4.0 * price)
    assert more.weights == {name: 2.0 * grid for name, grid in grids.weights.items()}
    np.testing.assert_array_equal(more.latents, 2.0 * grids.latents)
    assert more.input_cloud == 2.0 * grids.input_cloud


def test_what_has_no_effect_takes_the_coarsest_step(make_loud: MakeLoud, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = make_loud(SMALL, 5, 40)
    with torch.no_grad():
        learner.network["shared.1.bias"].zero_()
        learner.latents[:, 2] = 0.5
    known = Sensitivity(dict.fromkeys(SMALL.tensor_shapes(), 0.0), np.array([0.0, 1e-30, 0.0]), 1e-30)
    monkeypatch.setattr(module, "sensitivity", lambda learner, seed: known)
    grids, _ = chosen_grids(learner, 1.0, 0)
    for name in ("shared.0.weight", "head.1.bias"):
        assert grids.weights[name] == pytest.approx(COARSEST * root_mean_square(learner.network[name]), rel=NEAR)
    assert grids.weights["shared.1.bias"] == pytest.approx(COARSEST * 1e-6, rel=NEAR)
    assert grids.latents[2] == 2.0
    assert grids.latents[1] == pytest.approx(COARSEST * root_mean_square(learner.latents[:, 1]), rel=NEAR)
    assert grids.input_cloud == pytest.approx(COARSEST * root_mean_square(learner.input_cloud), rel=NEAR)


def test_clouds_without_an_error_do_not_ask_for_no_end_of_bits(make_loud: MakeLoud) -> None:
    learner = make_loud(SMALL, 5, 40)
    zero, price = chosen_grids(learner, 0.0, 0)
    least, same = chosen_grids(learner, 1e-9, 0)
    numbers = sum(weight.numel() for weight in learner.network.parameters()) + 40 * 3 + 5 * 3
    assert price == same == pytest.approx(2.0 * math.log(2.0) * 1e-9 / numbers)
    assert chosen_grids(learner, 1.5e-9, 0)[1] == pytest.approx(1.5 * price)
    assert zero.weights == least.weights


@pytest.mark.parametrize("error", [1e-5, 1e-3])
def test_rounding_costs_about_what_it_may(make_loud: MakeLoud, error: float) -> None:
    """Grids from four of the clouds, displacement of all of them: within a half."""
    learner = make_loud(SMALL, 12, 400)
    grids, _ = chosen_grids(learner, error, 0)
    rounding, q = Rounding(learner, grids, 0.0), learner.input_cloud.view(2, 200, 3)
    with torch.no_grad():
        before = learner.network(q, learner.latents)
        with rounding.applied():
            after = learner.network(q, rounding.latents(torch.arange(12)))
    assert float(torch.square(after - before).sum(-1).mean()) == pytest.approx(error, rel=0.5)
