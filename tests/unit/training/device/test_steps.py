"""Steps with everything on the device, run on the CPU: where targets are, and how a CUDA graph would see a step.

What holds on every backend is in tests/contracts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from fixtures.training import SMALL, Stepping, arrays, begun

from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.config import NetworkConfig
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.backend import device_backend
from qaadcodec.training.device import loss as loss_module
from qaadcodec.training.device import steps as module
from qaadcodec.training.device import targets
from qaadcodec.training.device.loss import matched_error
from qaadcodec.training.device.steps import Steps
from qaadcodec.training.device.targets import ResidentTargets, StreamedTargets
from qaadcodec.training.learner import Learner
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.quantise.sensitivity import chosen_grids
from qaadcodec.training.sampling import sample_rows

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
MakePlanted = Callable[..., Array]
DEVICE = device_backend(torch.device("cpu"))


pytestmark = pytest.mark.usefixtures("one_thread")


def steps_of(store: TargetStore, learner: Learner, threads: Threads) -> Steps:
    return Steps(learner, store, SMALL, threads, np.random.default_rng(0), 0)


def test_targets_that_stay_in_the_store_give_the_same(
    make_store: MakeStore, make_planted: MakePlanted, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds, found, kinds = make_planted(7, 110), [], []
    for share in (0.6, 0.0):
        monkeypatch.setattr(targets, "RESIDENT_SHARE", share)
        store, stepping = make_store(clouds), Stepping(DEVICE, SMALL, threads)
        learner = stepping.learn(store, epochs=8)
        kinds.append(type(targets.targets_on(store, torch.device("cpu"))))
        found.append({**arrays(learner, store), "losses": np.array(stepping.losses)})
    assert kinds == [ResidentTargets, StreamedTargets]
    for name in found[0]:
        np.testing.assert_array_equal(found[0][name], found[1][name], err_msg=name)


def test_the_store_keeps_its_order_to_the_end_and_losses_are_plain(
    make_store: MakeStore, make_planted: MakePlanted, threads: Threads
) -> None:
    store = make_store(make_planted(3, 100))
    learner = begun(store, SMALL)
    aligned = np.array(store.points)
    with steps_of(store, learner, threads) as steps:
        for _ in range(4):
            loss, _ = steps.step(np.arange(3), 0.5)
            assert loss.shape == ()
            assert not loss.requires_grad
        np.testing.assert_array_equal(store.points, aligned)
    assert not np.array_equal(store.points, aligned)
    assert all(tensor.grad is None for tensor in (learner.input_cloud, *learner.network.parameters()))


def test_steps_that_fail_leave_the_store_as_it_was(
    make_store: MakeStore, make_planted: MakePlanted, threads: Threads
) -> None:
    store = make_store(make_planted(3, 100))
    learner = begun(store, SMALL)
    aligned = np.array(store.points)

    def fail() -> None:
        with steps_of(store, learner, threads) as steps:
            steps.step(np.arange(3), 0.5)
            _ = 1 // 0

    with pytest.raises(ZeroDivisionError):
        fail()
    np.testing.assert_array_equal(store.points, aligned)


def loud(config: NetworkConfig) -> FoldingNetwork:
    """A network of which no tensor is zero."""
    generator = torch.Generator().manual_seed(1)
    network = FoldingNetwork(config, generator)
    with torch.no_grad():
        for tensor in network.parameters():
            tensor += 0.1 * torch.randn(tensor.shape, generator=generator)
    return network


def test_bfloat16_touches_products_alone(threads: Threads, threads_bfloat16: Threads) -> None:
    """Angles of high octaves hold up only in float32, and so do small displacements of far points."""
    config = NetworkConfig(latent_size=3, patches=2, shared_widths=(32, 16), head_widths=(8,), fourier_octaves=10)
    generator = torch.Generator().manual_seed(2)
    q = torch.rand(2, 20, 3, generator=generator) * 2.0 - 1.0
    latents, targets = torch.randn(3, 3, generator=generator), torch.randn(3, 40, 3, generator=generator)
    network = loud(config)
    exact, wanted = matched_error(network, q, latents, targets, threads)
    rounded, found = matched_error(network, q, latents, targets, threads_bfloat16)
    assert found.dtype == rounded.dtype == torch.float32
    assert not torch.equal(found, wanted)
    displacement = float((wanted - q.reshape(-1, 3)).abs().max())
    assert float((found - wanted).abs().max()) < 0.03 * displacement
    assert float(rounded.detach()) == pytest.approx(float(exact.detach()), rel=0.01)

    untrained = FoldingNetwork(config)  # its displacements are zero
    loss, prediction = matched_error(untrained, q, latents, targets, threads_bfloat16)
    assert torch.equal(prediction, q.reshape(1, -1, 3).expand(3, -1, -1))
    assert torch.equal(loss, torch.square(q.reshape(-1, 3) - targets).sum(-1).mean())


def test_the_threads_say_whether_the_cpu_takes_bfloat16(
    make_store: MakeStore, make_planted: MakePlanted, threads: Threads, threads_bfloat16: Threads
) -> None:
    losses = []
    for each in (threads, threads_bfloat16):
        stepping = Stepping(DEVICE, SMALL, each)
        stepping.learn(make_store(make_planted(4, 100)), epochs=3)
        losses.append(stepping.losses[-1])  # apart later on
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)


class Called:
    """A function that is called whenever it is: there is nothing to be recorded."""

    def __init__(self, function: Callable[..., torch.Tensor], device: torch.device) -> None:
        self.call, self.closed = function, 0

    def __call__(self, *arguments: torch.Tensor) -> torch.Tensor:
        return self.call(*arguments)

    def close(self) -> None:
        self.closed += 1


def test_what_was_recorded_before_the_rounding_is_not_replayed(
    make_store: MakeStore, make_planted: MakePlanted, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Replayed", Called)
    store = make_store(make_planted(4, 100))
    learner = begun(store, SMALL)
    steps = steps_of(store, learner, threads)
    assert steps._advance.closed == 0
    grids, price = chosen_grids(learner, 1e-3, 0)
    for turn in (1, 2):  # other grids are other constants of a graph
        steps.round_to(Rounding(learner, grids, price))
        assert steps._advance.closed == turn


@pytest.mark.parametrize("rounds", [False, True], ids=["plain", "rounding"])
@pytest.mark.parametrize("kind", [ResidentTargets, StreamedTargets])
def test_a_step_never_looks_at_values_and_stays_on_its_device(
    make_store: MakeStore,
    make_planted: MakePlanted,
    threads: Threads,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[ResidentTargets] | type[StreamedTargets],
    rounds: bool,
) -> None:
    """What a CUDA graph asks of it. Tensors that have a shape and a device but no values tell."""
    monkeypatch.setattr(module, "Replayed", Called)
    monkeypatch.setattr(module, "targets_on", kind)
    monkeypatch.setattr(loss_module, "multiplies_bfloat16", lambda device, threads: False)
    monkeypatch.setattr(targets, "staged", lambda tensor, device: tensor)
    store, meta = make_store(make_planted(4, 100)), torch.device("meta")
    plain = begun(store, SMALL)
    grids, price = chosen_grids(plain, 1e-3, 0)
    learner = Learner(plain.network.to(meta), plain.input_cloud.to(meta), plain.latents.to(meta))
    steps = steps_of(store, learner, threads)
    if rounds:
        steps.round_to(Rounding(learner, grids, price))
    monkeypatch.setattr(steps._adam, "step", lambda: None)  # torch's own, for which `capturable` vouches
    rows = sample_rows(patch_offsets(100, 4), 48, np.random.default_rng(0))
    steps._targets.bring(np.arange(3), rows.ravel())
    rates, said = torch.zeros(3, device=meta), torch.zeros(0, device=meta)
    told = steps.advance(torch.arange(3, device=meta), torch.from_numpy(rows).to(meta), rates, said)
    assert (told.device, told.shape) == (meta, (2,))
