"""Steps with everything on the device, run on the CPU: against those of `loop`, and as a CUDA graph would see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.config import AssignmentConfig, CompressConfig, NetworkConfig, TrainingConfig
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.device import steps as module
from qaadcodec.training.device import targets
from qaadcodec.training.device.loss import matched_error
from qaadcodec.training.device.steps import DeviceSteps
from qaadcodec.training.device.targets import ResidentTargets, StreamedTargets
from qaadcodec.training.host.align import align
from qaadcodec.training.host.steps import Steps
from qaadcodec.training.learner import Learner
from qaadcodec.training.predict import predict
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.quantise.sensitivity import chosen_grids
from qaadcodec.training.sampling import sample_rows
from qaadcodec.training.schedule import learning_rate_factor
from qaadcodec.training.start import initial_input_cloud, pca_latents

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
MakePlanted = Callable[..., Array]

TINY = CompressConfig(
    network=NetworkConfig(latent_size=3, patches=4, shared_widths=(24, 16), head_widths=(8,), fourier_octaves=2),
    assignment=AssignmentConfig(greedy_leaf=16, leaf=16, resolve_every=3),
    training=TrainingConfig(epochs=60, batch=3, points_per_step=48, learning_rate=5e-3),
)
STILL = replace(TINY, assignment=replace(TINY.assignment, pair_swaps=False, leaf_resolving=False))
ADAM = replace(TINY.training, optimiser="adam")  # SOAP's bases turn by the last bit of a gradient
PAPER = replace(TINY.network, film=False, displacement=False, head_widths=())


pytestmark = pytest.mark.usefixtures("one_thread")


def begin(store: TargetStore, config: CompressConfig) -> Learner:
    q = initial_input_cloud(store, config.network.patches)
    list(align(store, q, config.assignment, config.seed))
    latents = pca_latents(store, config.network.latent_size, config.seed)
    network = FoldingNetwork(config.network, torch.Generator().manual_seed(config.seed))
    return Learner(network, torch.from_numpy(q), torch.from_numpy(latents))


def learn(
    kind: type[Steps] | type[DeviceSteps],
    store: TargetStore,
    config: CompressConfig,
    run: Threads,
    epochs: int,
    rounds_from: int | None = None,
    price: float = 1.0,
) -> tuple[Learner, list[float]]:
    """Train by steps of one kind, in batches of sizes that differ by one; the learner and the loss of every step.

    From one epoch on with rounding, at a price in multiples of the one that goes with the steps.
    """
    learner = begin(store, config)
    rng = np.random.default_rng([config.seed, 3])
    steps, losses = kind(learner, store, config, run, rng), []
    batches = -(-len(store) // config.training.batch)
    for epoch in range(epochs):
        if epoch == rounds_from:
            learner.grids, each = chosen_grids(learner, 1e-3, config.seed)
            steps.round_to(Rounding(learner, learner.grids, price * each))
        for batch in np.array_split(rng.permutation(len(store)), batches):
            loss, points = steps.step(np.sort(batch), learning_rate_factor((epoch + 0.5) / epochs))
            losses.append(float(loss))
            assert points == len(batch) * 48
        learner.epochs += 1
    steps.__exit__(None, None, None)
    return learner, losses


def arrays(learner: Learner, store: TargetStore) -> dict[str, Array]:
    return {
        **learner.network.arrays(),
        "input cloud": learner.input_cloud.numpy().copy(),
        "latents": learner.latents.numpy().copy(),
        "targets": np.array(store.points),
    }


def matched(learner: Learner, store: TargetStore) -> float:
    """Mean squared matched distance over all points of all clouds."""
    errors = [
        np.square(predict(learner.network, learner.input_cloud, learner.latents[i]) - store.points[i]).sum(1).mean()
        for i in range(len(store))
    ]
    return float(np.mean(errors))


@pytest.mark.parametrize("input_rate", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("network", [TINY.network, PAPER], ids=["ours", "paper"])
def test_with_assignments_left_alone_they_are_the_steps_of_the_loop(
    make_store: MakeStore, make_planted: MakePlanted, run: Threads, network: NetworkConfig, input_rate: float
) -> None:
    config = replace(STILL, network=network, training=replace(ADAM, input_rate=input_rate))
    clouds = make_planted(7, 110)
    found = {}
    for kind in (Steps, DeviceSteps):
        store = make_store(clouds)
        learner, losses = learn(kind, store, config, run, epochs=6)
        found[kind] = {**arrays(learner, store), "losses": np.array(losses)}
    assert len(found[Steps]["losses"]) == 18
    for name, wanted in found[Steps].items():
        np.testing.assert_allclose(found[DeviceSteps][name], wanted, rtol=1e-4, atol=2e-6, err_msg=name)


@pytest.mark.parametrize("input_rate", [1.0, 0.0])
@pytest.mark.parametrize("price", [0.0, 100.0])
@pytest.mark.parametrize("network", [TINY.network, PAPER], ids=["ours", "paper"])
def test_with_rounding_they_are_the_steps_of_the_loop_too(
    make_store: MakeStore,
    make_planted: MakePlanted,
    run: Threads,
    network: NetworkConfig,
    price: float,
    input_rate: float,
) -> None:
    config = replace(STILL, network=network, training=replace(ADAM, input_rate=input_rate))
    clouds = make_planted(7, 110)
    found = {}
    for name, kind, since, dear in (
        ("loop", Steps, 1, price),
        ("device", DeviceSteps, 1, price),
        ("unrounded", DeviceSteps, None, price),
        ("dearer", DeviceSteps, 1, price + 1000.0),
    ):
        store = make_store(clouds)
        learner, losses = learn(kind, store, config, run, 4, since, dear)
        found[name] = {**arrays(learner, store), "losses": np.array(losses)}
    moved = dict.fromkeys(found["loop"], 0)
    for name, wanted in found["loop"].items():
        np.testing.assert_allclose(found["device"][name], wanted, rtol=1e-3, atol=2e-5, err_msg=name)
        for other in ("unrounded", "dearer"):
            moved[name] += not np.allclose(found[other][name], wanted, rtol=1e-3, atol=2e-5)
    stays = {"targets"} | ({"input cloud"} if input_rate == 0 else set())
    assert {name for name, count in moved.items() if count == 2} == set(moved) - stays


def test_with_assignments_they_end_where_the_steps_of_the_loop_do(
    make_store: MakeStore,
    make_planted: MakePlanted,
    assert_permuted: Callable[[Array, Array], None],
    run: Threads,
) -> None:
    """With SOAP, within 15 % of the matched error; without assignments it is half as large again."""
    clouds = make_planted(6, 150)
    errors = {}
    for name, kind, config in (("loop", Steps, TINY), ("device", DeviceSteps, TINY), ("still", DeviceSteps, STILL)):
        store = make_store(clouds)
        learner, _ = learn(kind, store, config, run, epochs=60)
        errors[name] = matched(learner, store)
        assert_permuted(store.points, clouds)
    assert errors["device"] == pytest.approx(errors["loop"], rel=0.15)
    assert errors["still"] > 1.3 * errors["device"]


@pytest.mark.parametrize("kind", ["pair_swaps", "leaf_resolving"])
def test_each_reassignment_lowers_the_error_of_every_cloud(
    make_store: MakeStore, make_planted: MakePlanted, run: Threads, kind: str
) -> None:
    """With a network that all but stands still, the matched error tells of the assignment alone."""
    config = replace(
        STILL,
        assignment=replace(STILL.assignment, greedy=False, **{kind: True}),
        training=replace(TINY.training, learning_rate=1e-12),
    )
    store, fresh = make_store(make_planted(4, 120)), make_store(make_planted(4, 120))
    learner, _ = learn(DeviceSteps, store, config, run, epochs=30)
    begin(fresh, config)

    def errors(targets: Array) -> Array:
        return np.square(targets - learner.input_cloud.numpy()).sum(2).mean(1)  # the network starts with P̂ = Q

    assert (errors(store.points) < 0.4 * errors(fresh.points)).all()


def test_targets_that_stay_in_the_store_give_the_same(
    make_store: MakeStore, make_planted: MakePlanted, run: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds, found, kinds = make_planted(7, 110), [], []
    for share in (0.6, 0.0):
        monkeypatch.setattr(targets, "RESIDENT_SHARE", share)
        store = make_store(clouds)
        learner, losses = learn(DeviceSteps, store, TINY, run, epochs=8)
        kinds.append(type(targets.targets_on(store, torch.device("cpu"))))
        found.append({**arrays(learner, store), "losses": np.array(losses)})
    assert kinds == [ResidentTargets, StreamedTargets]
    for name in found[0]:
        np.testing.assert_array_equal(found[0][name], found[1][name], err_msg=name)


def test_the_same_seed_gives_the_same_arrays(make_store: MakeStore, make_planted: MakePlanted, run: Threads) -> None:
    found = []
    for seed in (3, 3, 4):
        store = make_store(make_planted(5, 120))
        learner, _ = learn(DeviceSteps, store, replace(TINY, seed=seed), run, epochs=8)
        found.append(arrays(learner, store))
    first, again, other = found
    for name in first:
        np.testing.assert_array_equal(first[name], again[name], err_msg=name)
    assert not np.array_equal(first["latents"], other["latents"])


def test_the_store_has_the_new_order_at_the_end_and_the_learner_is_plain(
    make_store: MakeStore, make_planted: MakePlanted, assert_permuted: Callable[[Array, Array], None], run: Threads
) -> None:
    clouds = make_planted(3, 100)
    store = make_store(clouds)
    learner = begin(store, TINY)
    aligned = np.array(store.points)
    steps = DeviceSteps(learner, store, TINY, run, np.random.default_rng(0))
    for _ in range(4):
        loss, _ = steps.step(np.arange(3), 0.5)
        assert loss.shape == ()
        assert not loss.requires_grad
    np.testing.assert_array_equal(store.points, aligned)
    steps.__exit__(None, None, None)
    assert not np.array_equal(store.points, aligned)
    assert_permuted(store.points, clouds)
    for tensor in (learner.input_cloud, learner.latents):
        assert not tensor.requires_grad
    assert all(tensor.grad is None for tensor in (learner.input_cloud, *learner.network.parameters()))


def test_what_has_no_rate_stays(make_store: MakeStore, make_planted: MakePlanted, run: Threads) -> None:
    for share in (1.0, 0.0):
        config = replace(TINY, training=replace(TINY.training, input_rate=share, latent_rate=share))
        store = make_store(make_planted(4, 100))
        before = arrays(begin(store, config), store)
        learner, _ = learn(DeviceSteps, store, config, run, epochs=4)
        after = arrays(learner, store)
        moved = {name for name in before if not np.array_equal(before[name], after[name])}
        assert moved == {*config.network.tensor_shapes(), "targets", *(["input cloud", "latents"] if share else [])}


def loud(config: NetworkConfig) -> FoldingNetwork:
    """A network of which no tensor is zero."""
    generator = torch.Generator().manual_seed(1)
    network = FoldingNetwork(config, generator)
    with torch.no_grad():
        for tensor in network.parameters():
            tensor += 0.1 * torch.randn(tensor.shape, generator=generator)
    return network


def test_bfloat16_touches_products_alone() -> None:
    """Angles of high octaves hold up only in float32, and so do small displacements of far points."""
    config = NetworkConfig(latent_size=3, patches=2, shared_widths=(32, 16), head_widths=(8,), fourier_octaves=10)
    generator = torch.Generator().manual_seed(2)
    q = torch.rand(2, 20, 3, generator=generator) * 2.0 - 1.0
    latents, targets = torch.randn(3, 3, generator=generator), torch.randn(3, 40, 3, generator=generator)
    network = loud(config)
    exact, wanted = matched_error(network, q, latents, targets, bfloat16=False)
    rounded, found = matched_error(network, q, latents, targets, bfloat16=True)
    assert found.dtype == rounded.dtype == torch.float32
    assert not torch.equal(found, wanted)
    displacement = float((wanted - q.reshape(-1, 3)).abs().max())
    assert float((found - wanted).abs().max()) < 0.03 * displacement
    assert float(rounded.detach()) == pytest.approx(float(exact.detach()), rel=0.01)

    untrained = FoldingNetwork(config)  # its displacements are zero
    loss, prediction = matched_error(untrained, q, latents, targets, bfloat16=True)
    assert torch.equal(prediction, q.reshape(1, -1, 3).expand(3, -1, -1))
    assert torch.equal(loss, torch.square(q.reshape(-1, 3) - targets).sum(-1).mean())


def test_bfloat16_gradients_are_float32_and_point_the_same_way() -> None:
    network = loud(TINY.network)
    generator = torch.Generator().manual_seed(3)
    q = torch.randn(4, 30, 3, generator=generator).requires_grad_()
    latents = torch.randn(5, 3, generator=generator).requires_grad_()
    targets = torch.randn(5, 120, 3, generator=generator)
    inputs = [*network.parameters(), q, latents]
    exact = torch.autograd.grad(matched_error(network, q, latents, targets, bfloat16=False)[0], inputs)
    rounded = torch.autograd.grad(matched_error(network, q, latents, targets, bfloat16=True)[0], inputs)
    for wanted, found in zip(exact, rounded, strict=True):
        assert found.dtype == torch.float32
        assert float(torch.nn.functional.cosine_similarity(found.ravel(), wanted.ravel(), dim=0)) > 0.99


def test_the_run_says_whether_the_cpu_takes_bfloat16(
    make_store: MakeStore, make_planted: MakePlanted, run: Threads, run_bfloat16: Threads
) -> None:
    losses = []
    for threads in (run, run_bfloat16):
        store = make_store(make_planted(4, 100))
        losses.append(learn(DeviceSteps, store, TINY, threads, epochs=3)[1][-1])  # apart later on
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
    make_store: MakeStore, make_planted: MakePlanted, run: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Replayed", Called)
    store = make_store(make_planted(4, 100))
    learner = begin(store, TINY)
    steps = DeviceSteps(learner, store, TINY, run, np.random.default_rng(0))
    assert steps._advance.closed == 0
    quantiser, price = chosen_grids(learner, 1e-3, 0)
    for turn in (1, 2):  # other steps are other constants of a graph
        steps.round_to(Rounding(learner, quantiser, price))
        assert steps._advance.closed == turn


@pytest.mark.parametrize("rounds", [False, True], ids=["plain", "rounding"])
@pytest.mark.parametrize("kind", [ResidentTargets, StreamedTargets])
def test_a_step_never_looks_at_values_and_stays_on_its_device(
    make_store: MakeStore,
    make_planted: MakePlanted,
    run: Threads,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[ResidentTargets] | type[StreamedTargets],
    rounds: bool,
) -> None:
    """What a CUDA graph asks of it. Tensors that have a shape and a device but no values tell."""
    monkeypatch.setattr(module, "Replayed", Called)
    monkeypatch.setattr(module, "targets_on", kind)
    monkeypatch.setattr(module, "multiplies_bfloat16", lambda device, run: False)
    monkeypatch.setattr(targets, "staged", lambda tensor, device: tensor)
    store, meta = make_store(make_planted(4, 100)), torch.device("meta")
    plain = begin(store, TINY)
    quantiser, price = chosen_grids(plain, 1e-3, 0)
    learner = Learner(plain.network.to(meta), plain.input_cloud.to(meta), plain.latents.to(meta))
    steps = DeviceSteps(learner, store, TINY, run, np.random.default_rng(0))
    if rounds:
        steps.round_to(Rounding(learner, quantiser, price))
    monkeypatch.setattr(steps._adam, "step", lambda: None)  # torch's own, for which `capturable` vouches
    rows = sample_rows(patch_offsets(100, 4), 48, np.random.default_rng(0))
    steps._targets.bring(np.arange(3), rows.ravel())
    loss = steps.advance(torch.arange(3, device=meta), torch.from_numpy(rows).to(meta), torch.zeros(3, device=meta))
    assert (loss.device, loss.shape) == (meta, ())
