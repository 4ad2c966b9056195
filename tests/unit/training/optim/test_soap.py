"""SOAP: known answers, what it does to a badly scaled problem, and which tensors it is given."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from qaadcodec.config import NetworkConfig
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.training.optim import soap
from qaadcodec.training.optim.soap import BETA_1, BETA_2, EPSILON, Side, Soap, divided, turn


def gradients(shape: tuple[int, ...], count: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(2)
    return [torch.randn(shape, generator=generator) for _ in range(count)]


def moved(tensor: Tensor, given: list[Tensor], rate: float = 0.1) -> None:
    optimiser = Soap([tensor], tensor.device)
    for gradient in given:
        tensor.grad = gradient.clone()
        optimiser.step(rate)
        optimiser.turn()


def test_without_bases_it_is_adam_from_the_second_step_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soap, "MOST", 1)
    given = gradients((5, 4), 25)
    tensor, reference = torch.ones(5, 4), torch.ones(5, 4, requires_grad=True)
    moved(tensor, given)
    adam = torch.optim.Adam([reference], lr=0.1, betas=(BETA_1, BETA_2), eps=EPSILON)
    for gradient in given[1:]:
        reference.grad = gradient.clone()
        adam.step()
    torch.testing.assert_close(tensor, reference.detach(), rtol=1e-5, atol=1e-6)


def test_the_first_step_only_looks() -> None:
    tensor = torch.ones(3, 2)
    moved(tensor, gradients((3, 2), 1))
    assert torch.equal(tensor, torch.ones(3, 2))


def test_steps_turn_with_the_gradients() -> None:
    """Gradients U G V move a matrix by U D V where G moves it by D: what SOAP does depends on no axes."""
    generator = torch.Generator().manual_seed(7)
    u, v = (torch.linalg.qr(torch.randn(4, 4, generator=generator, dtype=torch.float64))[0].float() for _ in range(2))
    scaled = torch.logspace(0, -1, 4)[:, None] * torch.logspace(0, -0.5, 4)
    given = [gradient * scaled for gradient in gradients((4, 4), 31)]
    plain, turned = torch.zeros(4, 4), torch.zeros(4, 4)
    moved(plain, given)
    moved(turned, [u @ gradient @ v for gradient in given])
    torch.testing.assert_close(turned, u @ plain @ v, rtol=0, atol=1e-2)


def test_turning_finds_the_eigenvectors_in_order() -> None:
    generator = torch.Generator().manual_seed(5)
    basis = torch.linalg.qr(torch.randn(5, 5, generator=generator))[0]
    side = Side(5, torch.zeros(1))
    side.mean.copy_(basis @ torch.diag(torch.tensor([1.0, 27.0, 3.0, 81.0, 9.0])) @ basis.t())
    for _ in range(20):
        (order,) = turn([side])
    assert order.tolist() == [0, 1, 2, 3, 4]
    torch.testing.assert_close((side.basis.t() @ basis).abs(), torch.eye(5)[[3, 1, 4, 2, 0]], rtol=0, atol=1e-3)


def test_sides_that_turn_together_turn_as_each_would_alone() -> None:
    generator = torch.Generator().manual_seed(6)
    means = [each @ each.t() for each in torch.randn(3, 6, 9, generator=generator)]
    together, alone = ([Side(6, torch.zeros(1)) for _ in means] for _ in range(2))
    for sides in (together, alone):
        for side, mean in zip(sides, means, strict=True):
            side.mean.copy_(mean)
    orders = turn(together)
    for order, side, other in zip(orders, together, alone, strict=True):
        assert turn([other])[0].tolist() == order.tolist()
        assert torch.equal(side.basis, other.basis)


@pytest.mark.parametrize("shape", [(7, 8), (4, 3, 8), (600, 8)], ids=["matrix", "heads", "one side too long"])
def test_it_fits_what_adam_fits_slowly(shape: tuple[int, ...]) -> None:
    """Least squares on random inputs that are long in some directions, none of them an axis."""
    generator = torch.Generator().manual_seed(9)
    mixed = torch.linalg.qr(torch.randn(8, 8, generator=generator))[0]
    long = torch.logspace(0, -1.5, 8)[:, None] * mixed
    wanted = torch.randn(shape, generator=generator)

    ends = {}
    for name in ("soap", "adam"):
        generator.manual_seed(1)
        weight = torch.zeros(shape)
        optimiser, adam = Soap([weight], weight.device), torch.optim.Adam([weight])
        for step in range(200):
            inputs = torch.randn(64, 8, generator=generator) @ long
            weight.grad = 2.0 * (weight - wanted) @ inputs.t() @ inputs / 64
            rate = 0.1 * (1 - step / 200)
            adam.param_groups[0]["lr"] = rate
            if name == "adam":
                adam.step()
            else:
                optimiser.step(rate)
                optimiser.turn()
        ends[name] = float(((weight - wanted) @ long.t()).square().mean())
    assert ends["soap"] < 0.5 * ends["adam"]


def test_it_moves_matrices_and_adam_the_rest() -> None:
    network = FoldingNetwork(NetworkConfig(latent_size=3, patches=4, shared_widths=(16, 8), head_widths=()))
    matrices, others = divided(network, "soap")
    assert {id(tensor) for tensor in others} == {id(network[f"shared.{i}.bias"]) for i in range(2)}
    assert len(matrices) + len(others) == len(list(network.parameters()))
    assert divided(network, "adam") == ([], list(network.parameters()))


def test_second_moments_keep_to_their_directions_when_these_change_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn sorts the directions of either basis anew: entry (i, j) of the moments goes where i and j go."""
    orders = {3: torch.tensor([2, 0, 1]), 4: torch.tensor([1, 3, 0, 2])}
    monkeypatch.setattr(soap, "turn", lambda sides: [orders[len(side.basis)] for side in sides])
    tensor = torch.zeros(3, 4)
    optimiser = Soap([tensor], tensor.device)
    (matrix,) = optimiser._matrices
    matrix.second.copy_(torch.arange(12.0).reshape(3, 4))
    for _ in range(soap.TURN_EVERY - 1):
        optimiser.turn()
    assert matrix.second[0, 0] == 0
    optimiser.turn()
    assert matrix.second.tolist() == [[9, 11, 8, 10], [1, 3, 0, 2], [5, 7, 4, 6]]
