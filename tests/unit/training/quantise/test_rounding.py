"""What the loss sees of a learner that is rounded, and the gradient of the bits."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from fixtures.training import grids_for, tensors
from torch import Tensor

from qaadcodec.archive.sections.weights import decode_weights, encode_weights
from qaadcodec.config import NetworkConfig
from qaadcodec.training.exchange import Summed
from qaadcodec.training.learner import Learner
from qaadcodec.training.quantise.rounding import Rounding, rate_gradient, rounded

MakeLoud = Callable[..., Learner]

NETWORK = NetworkConfig(latent_size=3, patches=2, shared_widths=(6, 5), head_widths=(4,), fourier_octaves=1)
FINEST = 2.0**-40  # of grids beside which no number is small


def test_the_nearest_whole_multiples() -> None:
    values = torch.tensor([0.24, 0.26, -0.9, 0.0, 100.3])
    assert rounded(values, 0.5).tolist() == [0.0, 0.5, -1.0, 0.0, 100.5]
    assert rounded(values[:2], torch.tensor([0.5, 0.125])).tolist() == [0.0, 0.25]


def test_whole_multiples_are_shown_and_everything_is_back_after(make_loud: MakeLoud) -> None:
    learner, grids = make_loud(NETWORK, 4, 10), grids_for(NETWORK)
    before = tensors(learner)
    with Rounding(learner, grids, 1.0).applied():
        shown = tensors(learner)
    after = tensors(learner)
    for name, grid in {**grids.weights, "input cloud": grids.input_cloud}.items():
        whole = shown[name].double() / grid
        assert torch.equal(whole, whole.round()), name
        gap = (shown[name] - before[name]).abs().max()
        assert 0.1 * grid < float(gap) <= 0.5001 * grid, name
    assert torch.equal(shown["latents"], before["latents"])  # those are rounded cloud by cloud
    for name in before:
        assert torch.equal(after[name], before[name]), name


def test_what_is_shown_is_what_a_reader_will_get(make_loud: MakeLoud) -> None:
    learner, grids = make_loud(NETWORK, 4, 10, seed=1), grids_for(NETWORK)
    shapes = list(NETWORK.tensor_shapes().items())
    arrays = learner.network.arrays()
    stored = decode_weights(encode_weights([(name, arrays[name]) for name, _ in shapes], grids.weights), shapes)
    with Rounding(learner, grids, 1.0).applied():
        shown = learner.network.arrays()
    for name, array in stored.items():
        np.testing.assert_array_equal(shown[name], array, err_msg=name)


def test_an_error_inside_brings_everything_back(make_loud: MakeLoud) -> None:
    learner = make_loud(NETWORK, 4, 10)
    before = tensors(learner)

    def fail() -> None:
        with Rounding(learner, grids_for(NETWORK, 10.0), 1.0).applied():
            assert not learner.input_cloud.any()  # a grid of seven
            _ = 1 // 0

    with pytest.raises(ZeroDivisionError):
        fail()
    after = tensors(learner)
    for name in before:
        assert torch.equal(after[name], before[name]), name


def test_latents_are_rounded_to_a_grid_of_each_number(make_loud: MakeLoud) -> None:
    learner, grids = make_loud(NETWORK, 4, 10), grids_for(NETWORK, 0.25)
    learner.latents[2] = torch.tensor([0.2, 0.2, 0.2])
    learner.latents[0] = torch.tensor([-0.3, 0.9, 1.0])
    assert grids.latents.tolist() == [0.125, 0.375, 0.625]
    found = Rounding(learner, grids, 1.0).latents(torch.tensor([2, 0]))
    assert found.tolist() == [[0.25, 0.375, 0.0], [-0.25, 0.75, 1.25]]
    torch.testing.assert_close(learner.latents[2], torch.tensor([0.2, 0.2, 0.2]), rtol=0, atol=0)


def bits(weights: Tensor, grid: float) -> Tensor:
    """Σ log2(2 e b / grid), with b_rc = |w|_r |w|_c / |w|."""
    size = weights.abs()
    width = size.mean(-1, keepdim=True) * size.mean(-2, keepdim=True) / size.mean((-1, -2), keepdim=True)
    return torch.log2(2.0 * math.e * width / grid).sum()


def slope(function: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """Central differences."""
    found, nudge = torch.empty_like(at), 1e-6
    for i in range(at.numel()):
        there = at.flatten().clone()
        there[i] += nudge
        above = function(there.view(at.shape))
        there[i] -= 2.0 * nudge
        found.view(-1)[i] = (above - function(there.view(at.shape))) / (2.0 * nudge)
    return found


@pytest.mark.parametrize("shape", [(4, 6), (1, 5), (3, 4, 5)], ids=str)
def test_the_rates_gradient_is_its_derivative_where_columns_are_alike(shape: tuple[int, ...]) -> None:
    """Rows of any width, of patch after patch; then a number's width is its row's."""
    weights = torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    if shape[-2] > 1:
        weights /= weights.abs().mean(-2, keepdim=True)
    wanted = slope(lambda w: bits(w, 1.0), weights)
    torch.testing.assert_close(rate_gradient(weights, FINEST), wanted, rtol=1e-6, atol=1e-6)
    across = rate_gradient(weights.transpose(-1, -2), FINEST).transpose(-1, -2)
    torch.testing.assert_close(across, wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("grid", [FINEST, 0.5])
def test_the_rates_gradient_is_that_of_a_laplace_code_of_given_widths(grid: float) -> None:
    """-log2 of grid e^(-|w| / b) / 2 b, where b is held: rows and columns of any width."""
    weights = torch.randn((5, 7), generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    weights *= torch.arange(1.0, 6.0, dtype=torch.float64)[:, None] * torch.arange(1.0, 8.0, dtype=torch.float64)
    size = weights.abs()
    held = size.mean(1, keepdim=True) * size.mean(0, keepdim=True) / size.mean() + 0.5 * grid
    wanted = slope(lambda w: (torch.log2(2.0 * held / grid) + w.abs() / held / math.log(2.0)).sum(), weights)
    torch.testing.assert_close(rate_gradient(weights, grid), wanted, rtol=1e-6, atol=1e-6)


def test_what_is_zero_costs_nothing_more_and_no_gradient_is_endless() -> None:
    weights = torch.zeros(3, 4)
    assert not rate_gradient(weights, 0.25).any()
    weights[1, 2] = 1e-20
    found = rate_gradient(weights, 0.25)
    assert found[1, 2] == pytest.approx(8.0 / math.log(2.0), rel=1e-6)  # half a grid is the narrowest width
    assert int(found.count_nonzero()) == 1


def graded(learner: Learner) -> dict[str, Tensor]:
    """Gradients for all of the network but one tensor; what they are."""
    generator = torch.Generator().manual_seed(4)
    for name in NETWORK.tensor_shapes():
        if name != "shared.1.weight":
            learner.network[name].grad = torch.randn(learner.network[name].shape, generator=generator)
    return {name: learner.network[name].grad.clone() for name in NETWORK.tensor_shapes() if name != "shared.1.weight"}


def test_the_price_times_the_rates_gradient_is_added_to_that_of_matrices(make_loud: MakeLoud) -> None:
    learner, grids = make_loud(NETWORK, 4, 10), grids_for(NETWORK)
    before = graded(learner)
    Rounding(learner, grids, 0.125).charge()
    assert learner.network["shared.1.weight"].grad is None
    for name, gradient in before.items():
        wanted = gradient.clone()
        if gradient.dim() > 1:
            wanted += 0.125 * rate_gradient(learner.network[name].detach(), grids.weights[name])
        torch.testing.assert_close(learner.network[name].grad, wanted, rtol=1e-6, atol=1e-6)


def test_latents_are_charged_the_derivative_of_the_bits_of_all_clouds(make_loud: MakeLoud) -> None:
    """With one width for each number of a latent, R = Σ_d N log2(2 e |l|_d / grid_d)."""
    learner = make_loud(NETWORK, 6, 10)
    grids = grids_for(NETWORK)._replace(latents=np.full(3, FINEST, np.float32))

    def all_bits(table: Tensor) -> Tensor:
        return len(table) * torch.log2(2.0 * math.e * table.abs().mean(0) / FINEST).sum()

    wanted = 0.25 * slope(all_bits, learner.latents.double())
    found = Rounding(learner, grids, 0.25).charged(torch.arange(6), torch.zeros(6, 3))
    torch.testing.assert_close(found.double(), wanted, rtol=1e-4, atol=1e-5)


def test_the_fewer_clouds_a_step_shows_the_more_a_latent_is_charged(make_loud: MakeLoud) -> None:
    """The loss is a mean over the clouds shown: N / B, and half a grid is the narrowest width there is."""
    learner, grids = make_loud(NETWORK, 6, 10), grids_for(NETWORK)
    rounding, gradient = Rounding(learner, grids, 0.25), torch.arange(18.0).view(6, 3)
    whole = rounding.charged(torch.arange(6), gradient) - gradient
    for few in ([4], [5, 1], [0, 2, 3]):
        charged = rounding.charged(torch.tensor(few), gradient[few])
        torch.testing.assert_close(charged - gradient[few], whole[few] * (6 / len(few)), rtol=1e-5, atol=1e-5)
    learner.latents.zero_()
    learner.latents[3, 1] = -1e-20
    found = rounding.charged(torch.tensor([3]), torch.zeros(1, 3))
    wanted = -0.25 * 6 / (0.5 * float(grids.latents[1])) / math.log(2.0)
    assert found[0].tolist() == [0.0, pytest.approx(wanted, rel=1e-5), 0.0]


def test_with_other_ranks_their_clouds_count_too(make_loud: MakeLoud) -> None:
    """3 clouds shown of 12, whose latents have magnitudes of 6, 12 and 0 in all: means of 1/2, 1 and 0."""
    learner, grids = make_loud(NETWORK, 4, 10), grids_for(NETWORK, 0.25)
    learner.latents[2] = torch.tensor([5.0, -5.0, 5.0])
    none = torch.zeros(0)
    summed = Summed(3, 12, none, torch.tensor([6.0, 12.0, 0.0]), none)
    found = Rounding(learner, grids, 0.25).charged(torch.tensor([2]), torch.ones(1, 3), summed)
    widths = np.array([0.5, 1.0, 0.0]) + 0.5 * np.array([0.125, 0.375, 0.625])
    np.testing.assert_allclose(found[0], 1.0 + np.array([1, -1, 1]) / (math.log(2.0) * widths), rtol=1e-6)


def test_a_price_of_zero_changes_no_gradient(make_loud: MakeLoud) -> None:
    learner = make_loud(NETWORK, 4, 10)
    before = graded(learner)
    rounding = Rounding(learner, grids_for(NETWORK), 0.0)
    rounding.charge()
    for name, gradient in before.items():
        assert torch.equal(learner.network[name].grad, gradient), name
    gradient = torch.randn(2, 3, generator=torch.Generator().manual_seed(6))
    assert torch.equal(rounding.charged(torch.tensor([3, 1]), gradient), gradient)
