"""What every backend keeps to: one suite for the host, for the device's implementation on the CPU, and for CUDA."""

from __future__ import annotations

import importlib
import inspect
import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from fixtures.training import HOST, SMALL, Side, Stepping, arrays, begun, gathered_around, grids_for, matched, tensors
from torch import Tensor

from qaadcodec.config import AssignmentConfig, NetworkConfig, Plan, TrainingConfig
from qaadcodec.model.across import packed
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Event, Progress, Run, StopRequest
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.backend import Backend
from qaadcodec.training.learner import Learner
from qaadcodec.training.loop import train
from qaadcodec.training.predict import Prediction
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.start import initial_input_cloud

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
MakePlanted = Callable[..., Array]
Permuted = Callable[[Array, Array], None]

GREEDY = AssignmentConfig(greedy_leaf=32)
RANDOM = AssignmentConfig(greedy=False)
BATCHED = replace(SMALL, training=replace(SMALL.training, batch=3))
STILL = replace(BATCHED, assignment=replace(SMALL.assignment, pair_swaps=False, leaf_resolving=False))
ADAM = replace(STILL.training, optimiser="adam")  # SOAP's bases turn by the last bit of a gradient
PAPER = replace(SMALL.network, film=False, displacement=False, head_widths=())
NETWORKS = pytest.mark.parametrize("network", [SMALL.network, PAPER], ids=["ours", "paper"])

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:Attempting to run cuBLAS"),
]


@pytest.mark.parametrize("file", ["assign", "loss", "nearest", "steps", "resolving"])
def test_host_and_device_have_the_same_names(file: str) -> None:
    host, device = (importlib.import_module(f"qaadcodec.training.{side}.{file}") for side in ("host", "device"))

    def defined(module: Any) -> dict[str, Any]:
        return {
            name: value for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
        }

    known = {"assign", "matched_error", "nearest_both_ways", "Steps", "Resolving"}
    assert known & set(defined(host)) == known & set(defined(device)) != set()
    if file == "steps":
        for method in ("__init__", "step", "round_to", "drop_waiting"):
            both = [list(inspect.signature(getattr(module.Steps, method)).parameters) for module in (host, device)]
            assert both[0] == both[1], method


# The first assignment


def assign(backend: Backend, store: TargetStore, q: Array | Prediction, config: AssignmentConfig, run: Run) -> Array:
    """The targets after the assignment to one prediction for all clouds, or to one for each."""
    with run.phase("assigning", len(store), "clouds") as phase:
        backend.assign(store, q if callable(q) else lambda _: q, config, run, phase)
    return np.array(store.points)


@pytest.mark.parametrize("points", [101, 256, 301, 1000])
def test_greedy_gives_permutations_as_near_as_those_of_the_host(
    side: Side, make_store: MakeStore, make_planted: MakePlanted, assert_permuted: Permuted, heard: Any, points: int
) -> None:
    """Within 1 % of the error of every cloud."""
    clouds = make_planted(5, points)
    q = initial_input_cloud(make_store(clouds), 4)
    found = assign(side.backend, make_store(clouds), q, GREEDY, Run(listener=heard))
    wanted = assign(HOST, make_store(clouds), q, GREEDY, Run())
    assert_permuted(found, clouds)
    errors, others = (np.square(targets - q).sum(2).mean(1) for targets in (found, wanted))
    assert (others < 0.2 * np.square(clouds - q).sum(2).mean(1)).all()
    np.testing.assert_allclose(errors, others, rtol=0.01, atol=1e-9)
    told = [event.done for event in heard.events if isinstance(event, Progress)]
    assert told == sorted(told)
    assert told[-1] == 5


def test_the_random_assignment_is_the_same_everywhere(
    side: Side, make_store: MakeStore, make_planted: MakePlanted, assert_permuted: Permuted
) -> None:
    clouds = make_planted(4, 101)
    found = assign(side.backend, make_store(clouds), clouds[0], RANDOM, Run(seed=5))
    assert_permuted(found, clouds)
    assert not np.array_equal(found, clouds)
    np.testing.assert_array_equal(found, assign(HOST, make_store(clouds), clouds[0], RANDOM, Run(seed=5)))
    assert not np.array_equal(found, assign(side.backend, make_store(clouds), clouds[0], RANDOM, Run(seed=6)))


@pytest.mark.parametrize("config", [GREEDY, RANDOM], ids=["greedy", "random"])
def test_an_assignment_depends_on_seed_and_place_alone(
    side: Side, make_store: MakeStore, make_planted: MakePlanted, config: AssignmentConfig
) -> None:
    clouds = make_planted(3, 60)
    found = [assign(side.backend, make_store(clouds), clouds[0], config, Run(seed=5)) for _ in range(2)]
    np.testing.assert_array_equal(found[0], found[1])


def test_every_cloud_is_matched_with_its_own_prediction(
    side: Side, make_store: MakeStore, make_planted: MakePlanted, assert_permuted: Permuted
) -> None:
    """The network turns Q about, so that Q itself says nothing about where a row ends up."""
    clouds = make_planted(3, 200)
    turned = [-cloud[::-1] for cloud in clouds]
    config, errors = AssignmentConfig(greedy_leaf=64), []
    for prediction in (clouds[0], turned.__getitem__):
        found = assign(side.backend, make_store(clouds), prediction, config, Run())
        assert_permuted(found, clouds)
        errors.append(float(np.square(found - np.stack(turned)).sum(2).mean()))
    assert errors[1] < 0.1 * errors[0]


def test_greedy_hurries_where_time_is_short_and_when_it_is_stopped(
    side: Side, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leaves are halved from cloud to cloud down to 8 points while the pace is too slow, and 8 after a stop."""
    leaves: list[int] = []

    def noted(prediction: Any, target: Any, leaf: int, rng: object = None) -> Any:
        assert prediction.shape == target.shape
        leaves.append(leaf)
        if isinstance(target, Tensor):
            return torch.arange(target.shape[1], device=target.device).expand(len(target), -1)
        return np.arange(len(target))

    monkeypatch.setattr(f"qaadcodec.training.{side.package}.assign.greedy", noted)
    monkeypatch.setattr("qaadcodec.training.host.assign.cores", lambda: 1)
    monkeypatch.setattr("qaadcodec.training.device.assign.clouds_together", lambda points: 1)
    clouds = np.random.default_rng(8).standard_normal((6, 20, 3)).astype(np.float32)
    stop = StopRequest()

    def listen(event: Event) -> None:
        if isinstance(event, Progress) and event.done == 4:
            stop.set()

    for run, expected in (
        (Run(deadline=time.monotonic() - 1.0), [32, 16, 8, 8, 8, 8]),
        (Run().within(1e6), 6 * [32]),
        (Run(), 6 * [32]),
        (Run(listener=listen, stop=stop), [32, 32, 32, 32, 8, 8]),
    ):
        leaves.clear()
        assign(side.backend, make_store(clouds), clouds[0], GREEDY, run)
        assert leaves == expected


# The loss and the neighbours


def facing(clouds: Array) -> Array:
    """Clouds (N, M, 3) with a normal for each point, away from the origin; (N, M, 4)."""
    away = clouds / np.linalg.norm(clouds, axis=2, keepdims=True)
    codes = packed(away.reshape(-1, 3)).reshape(*clouds.shape[:2], 1)
    return np.concatenate([clouds, codes], 2)


def plain(network: FoldingNetwork, q: Tensor, latents: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """The mean squared distance by autograd, in float32."""
    predictions = network(q, latents)
    return torch.square(predictions - targets).sum(-1).mean(), predictions


def problem(side: Side, learner: Learner, batch: int) -> tuple[FoldingNetwork, Tensor, Tensor, Tensor]:
    """A network on the device, q (K, s, 3), latents (B, l) and targets (B, K·s, 3)."""
    generator, device = torch.Generator().manual_seed(3), side.backend.device
    patches = learner.network.config.patches
    q = learner.input_cloud.view(patches, -1, 3).to(device)
    targets = torch.randn(batch, q.shape[0] * q.shape[1], 3, generator=generator).to(device)
    latents = learner.latents[:batch].to(device)
    return learner.network.to(device), q.requires_grad_(), latents.requires_grad_(), targets


@pytest.mark.parametrize(
    ("film", "displacement", "head_widths"), [*itertools.product([True, False], [True, False], [(), (16,), (8, 8)])]
)
@pytest.mark.parametrize("batch", [1, 5])
def test_the_matched_error_and_its_gradients_are_those_of_the_plain_mean(
    side: Side,
    make_loud: Callable[..., Learner],
    threads: Threads,
    film: bool,
    displacement: bool,
    head_widths: tuple[int, ...],
    batch: int,
) -> None:
    config = replace(SMALL.network, film=film, displacement=displacement, head_widths=head_widths)
    network, q, latents, targets = problem(side, make_loud(config, 5, 16), batch)
    inputs = [*network.parameters(), q, latents]
    loss, predictions = side.backend.matched_error(network, q, latents, targets, threads)
    wanted, expected = plain(network, q, latents, targets)
    assert float(loss.detach()) == pytest.approx(float(wanted.detach()), rel=1e-5)
    assert not predictions.requires_grad
    torch.testing.assert_close(predictions, expected.detach(), rtol=1e-4, atol=1e-4)
    for found, gradient in zip(torch.autograd.grad(loss, inputs), torch.autograd.grad(wanted, inputs), strict=True):
        scale = float(gradient.abs().max())
        assert scale > 0
        torch.testing.assert_close(found, gradient, rtol=1e-3, atol=1e-5 * scale)


def test_the_matched_error_is_a_mean_over_points(side: Side, threads: Threads) -> None:
    config = NetworkConfig(latent_size=2, patches=2, shared_widths=(4,), head_widths=())
    device = side.backend.device
    network, q = FoldingNetwork(config).to(device), torch.zeros(2, 3, 3, device=device)  # P̂ = Q at the start
    targets = torch.tensor([3.0, 0.0, 4.0], device=device).expand(2, 6, 3)
    loss, predictions = side.backend.matched_error(network, q, torch.zeros(2, 2, device=device), targets, threads)
    assert float(loss.detach()) == 25.0
    assert not predictions.any()


def test_gradients_of_bfloat16_products_are_float32_and_point_the_same_way(
    side: Side, make_loud: Callable[..., Learner], threads_bfloat16: Threads
) -> None:
    network, q, latents, targets = problem(side, make_loud(SMALL.network, 5, 120), 5)
    inputs = [*network.parameters(), q, latents]
    exact, _ = plain(network, q, latents, targets)
    loss, _ = side.backend.matched_error(network, q, latents, targets, threads_bfloat16)
    assert float(loss.detach()) == pytest.approx(float(exact.detach()), rel=0.02)
    assert float(loss.detach()) != float(exact.detach())
    for wanted, found in zip(torch.autograd.grad(exact, inputs), torch.autograd.grad(loss, inputs), strict=True):
        assert found.dtype == torch.float32
        assert float(torch.nn.functional.cosine_similarity(found.ravel(), wanted.ravel(), dim=0)) > 0.99


@pytest.mark.parametrize(("s", "t"), [(100, 100), (70, 130), (130, 1), (1, 60)])
def test_the_nearest_neighbours_are_those_of_all_distances(side: Side, s: int, t: int) -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(3, points, 3, generator=generator, dtype=torch.float64) for points in (s, t))
    squared = torch.square(a[:, :, None] - b[:, None]).sum(3)  # (3, s, t)
    there, back = side.backend.nearest_both_ways(a.to(side.backend.device), b.to(side.backend.device))
    assert torch.equal(there.cpu(), squared.argmin(2))
    assert torch.equal(back.cpu(), squared.argmin(1))


# The steps


@pytest.mark.parametrize("input_rate", [1.0, 0.5, 0.0])
@NETWORKS
def test_with_assignments_left_alone_steps_are_those_of_the_host(
    side: Side,
    make_store: MakeStore,
    make_planted: MakePlanted,
    threads: Threads,
    network: NetworkConfig,
    input_rate: float,
) -> None:
    plan = replace(STILL, network=network, training=replace(ADAM, input_rate=input_rate))
    clouds, found = make_planted(7, 110), []
    for backend in (HOST, side.backend):
        store, stepping = make_store(clouds), Stepping(backend, plan, threads)
        found.append(arrays(stepping.learn(store, epochs=6), store) | {"losses": np.array(stepping.losses)})
    assert len(found[0]["losses"]) == 18
    for name, wanted in found[0].items():
        np.testing.assert_allclose(found[1][name], wanted, err_msg=name, **side.near)


@pytest.mark.parametrize("input_rate", [1.0, 0.0])
@pytest.mark.parametrize("price", [0.0, 100.0])
@NETWORKS
def test_with_rounding_they_are_the_hosts_too(
    side: Side,
    make_store: MakeStore,
    make_planted: MakePlanted,
    threads: Threads,
    network: NetworkConfig,
    price: float,
    input_rate: float,
) -> None:
    """And other ones without it, and at another price of bits."""
    plan = replace(STILL, network=network, training=replace(ADAM, input_rate=input_rate))
    clouds, found = make_planted(7, 110), {}
    for name, backend, since, dear in (
        ("host", HOST, 1, price),
        ("same", side.backend, 1, price),
        ("unrounded", side.backend, None, price),
        ("dearer", side.backend, 1, price + 1000.0),
    ):
        store, stepping = make_store(clouds), Stepping(backend, plan, threads, rounds_from=since, price=dear)
        found[name] = arrays(stepping.learn(store, epochs=4), store) | {"losses": np.array(stepping.losses)}
    moved = set()
    for name, wanted in found["host"].items():
        np.testing.assert_allclose(found["same"][name], wanted, err_msg=name, **side.nearly)
        if not any(np.allclose(found[other][name], wanted, **side.nearly) for other in ("unrounded", "dearer")):
            moved.add(name)
    assert moved == set(found["host"]) - {"targets"} - ({"input cloud"} if input_rate == 0 else set())


@pytest.mark.parametrize("input_rate", [1.0, 0.0])
def test_a_rounded_step_moves_what_is_learnt_by_the_gradient_at_the_whole_multiples(
    side: Side, make_loud: Callable[..., Learner], make_store: MakeStore, threads: Threads, input_rate: float
) -> None:
    """Straight through: the movement is that of a learner that is at whole multiples of the grids already."""
    network = NetworkConfig(latent_size=3, patches=2, shared_widths=(6, 5), head_widths=(4,), fourier_octaves=1)
    plan = Plan(
        network=network,
        assignment=STILL.assignment,
        training=TrainingConfig(optimiser="adam", points_per_step=10, learning_rate=1e-3, input_rate=input_rate),
    )
    grids, device = grids_for(network, 0.3), side.backend.device
    targets = np.random.default_rng(5).standard_normal((3, 10, 3)).astype(np.float32)
    moved, losses = [], []
    for kind in ("through", "there", "unrounded"):
        drawn = make_loud(network, 3, 10)
        learner = Learner(drawn.network.to(device), drawn.input_cloud.to(device), drawn.latents.to(device))
        rounding = Rounding(learner, grids, 0.0)
        if kind == "there":
            with rounding.applied():
                whole = tensors(learner)
            learner.network.load_arrays({name: whole[name].cpu().numpy() for name in network.tensor_shapes()})
            learner.input_cloud.copy_(whole["input cloud"])
            learner.latents.copy_(rounding.latents(torch.arange(3, device=device)))
        before = tensors(learner)
        with side.backend.steps(learner, make_store(targets), plan, threads, np.random.default_rng(0), 0) as steps:
            if kind == "through":
                steps.round_to(rounding)
            losses.append(float(steps.step(np.arange(3), 1.0)[0]))
        after = tensors(learner)
        moved.append({name: after[name].double() - before[name].double() for name in before})
    through, there, unrounded = moved
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert losses[0] != pytest.approx(losses[2], rel=1e-3)
    for name in through:
        gap = float((through[name] - there[name]).abs().max())
        assert gap <= side.near["atol"], name
        assert bool(through[name].any()) == (input_rate > 0 or name != "input cloud"), name
    assert any((through[name] - unrounded[name]).abs().max() > 1e-3 for name in through)


@pytest.mark.parametrize("network", [SMALL.network, PAPER], ids=["ours", "paper"])
def test_with_normals_they_are_the_hosts_and_others_than_without(
    side: Side, make_store: MakeStore, make_planted: MakePlanted, threads: Threads, network: NetworkConfig
) -> None:
    found = {}
    for name, backend, across in (("host", HOST, 4.0), ("same", side.backend, 4.0), ("plain", side.backend, 1.0)):
        plan = replace(STILL, network=network, training=replace(ADAM, across=across))
        store, stepping = make_store(facing(make_planted(7, 110))), Stepping(backend, plan, threads)
        found[name] = arrays(stepping.learn(store, epochs=6), store) | {"losses": np.array(stepping.losses)}
    for name, wanted in found["host"].items():
        np.testing.assert_allclose(found["same"][name], wanted, err_msg=name, **side.near)
    assert not np.allclose(found["same"]["latents"], found["plain"]["latents"], **side.near)
    first = [float(losses["losses"][0]) for losses in found.values()]
    assert first == pytest.approx(first[:1] * 3)  # what is told is the plain error, whatever is learnt by


def test_a_normal_goes_where_its_point_goes(
    side: Side, make_store: MakeStore, make_planted: MakePlanted, assert_permuted: Permuted, threads: Threads
) -> None:
    clouds = facing(make_planted(5, 120))
    store, aligned = make_store(clouds), make_store(clouds)
    begun(aligned, BATCHED)
    Stepping(side.backend, BATCHED, threads).learn(store, epochs=12)
    assert_permuted(store.points, clouds)  # whole rows
    assert not np.array_equal(store.points, aligned.points)


def test_with_assignments_they_end_where_those_of_the_host_do(
    side: Side, make_store: MakeStore, make_planted: MakePlanted, assert_permuted: Permuted, threads: Threads
) -> None:
    """With SOAP, within 15 % of the matched error; without assignments it is half as large again."""
    clouds, errors = make_planted(6, 150), {}
    for name, backend, plan in (
        ("host", HOST, BATCHED),
        ("same", side.backend, BATCHED),
        ("still", side.backend, STILL),
    ):
        store = make_store(clouds)
        errors[name] = matched(Stepping(backend, plan, threads).learn(store, epochs=60), store)
        assert_permuted(store.points, clouds)
    assert errors["same"] == pytest.approx(errors["host"], rel=0.15)
    assert errors["still"] > 1.3 * errors["same"]


@pytest.mark.parametrize("kind", ["pair_swaps", "leaf_resolving"])
def test_swaps_and_re_solving_never_raise_the_error_of_a_cloud(
    side: Side,
    make_store: MakeStore,
    make_planted: MakePlanted,
    assert_permuted: Permuted,
    threads: Threads,
    kind: str,
) -> None:
    """With a network that all but stands still, the matched error tells of the assignment alone."""
    plan = replace(
        STILL,
        assignment=replace(STILL.assignment, greedy=False, **{kind: True}),
        training=replace(SMALL.training, batch=3, learning_rate=1e-12),
    )
    clouds, errors = make_planted(4, 120), []
    for epochs in (0, 1, 2, 3, 4, 6, 9, 30):
        store = make_store(clouds)
        q = Stepping(side.backend, plan, threads).learn(store, epochs).input_cloud.cpu().numpy()
        errors.append(np.square(store.points - q).sum(2).mean(1))  # the network starts with P̂ = Q
        assert_permuted(store.points, clouds)
    for before, after in itertools.pairwise(errors):
        assert (after <= before * (1 + 1e-6)).all()
    assert (errors[-1] < 0.4 * errors[0]).all()


def test_at_the_end_the_store_has_the_targets_and_the_learner_is_plain(
    side: Side, make_store: MakeStore, make_planted: MakePlanted, assert_permuted: Permuted, threads: Threads
) -> None:
    clouds = make_planted(3, 100)
    store, aligned = make_store(clouds), make_store(clouds)
    begun(aligned, BATCHED)
    stepping = Stepping(side.backend, BATCHED, threads)
    learner = stepping.learn(store, epochs=40)
    assert_permuted(store.points, clouds)
    assert matched(learner, store) < 0.8 * matched(learner, aligned)  # learnt with those, and not with these
    assert matched(learner, store) == pytest.approx(stepping.losses[-1], rel=0.5)
    for tensor in (learner.input_cloud, learner.latents):
        assert not tensor.requires_grad
        assert tensor.device.type == side.backend.device.type


# The whole training


def trained(backend: Backend, store: TargetStore, plan: Plan, seed: int = 0) -> Learner:
    learner = begun(store, plan, seed, backend.device)
    train(learner, gathered_around(store), plan, Run(seed=seed), backend)
    return learner


@pytest.mark.parametrize("swaps", [True, False], ids=["swaps", "no swaps"])
@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "no leaves"])
@pytest.mark.parametrize("points", [120, 127])
def test_every_stored_cloud_stays_a_permutation_of_the_original(
    side: Side,
    make_store: MakeStore,
    make_planted: MakePlanted,
    assert_permuted: Permuted,
    swaps: bool,
    leaves: bool,
    points: int,
) -> None:
    plan = replace(SMALL, assignment=replace(SMALL.assignment, pair_swaps=swaps, leaf_resolving=leaves))
    clouds = make_planted(5, points)
    store, aligned = make_store(clouds), make_store(clouds)
    begun(aligned, plan)
    trained(side.backend, store, plan)
    assert_permuted(store.points, clouds)
    assert np.array_equal(store.points, aligned.points) == (not swaps and not leaves)


def test_the_same_seed_gives_the_same_bits(side: Side, make_store: MakeStore, make_planted: MakePlanted) -> None:
    found = []
    for seed in (3, 3, 4):
        store = make_store(make_planted(5, 120))
        found.append(arrays(trained(side.backend, store, SMALL, seed), store))
    first, again, other = found
    for name in first:
        np.testing.assert_array_equal(first[name], again[name], err_msg=name)
    assert not np.array_equal(first["latents"], other["latents"])


def test_everything_that_is_learnt_moves_unless_its_rate_is_zero(
    side: Side, make_store: MakeStore, make_planted: MakePlanted
) -> None:
    for rate in (1.0, 0.0):
        plan = replace(SMALL, training=replace(SMALL.training, input_rate=rate, latent_rate=rate))
        clouds = make_planted(4, 100)
        store, fresh = make_store(clouds), make_store(clouds)
        before = arrays(begun(fresh, plan), fresh)
        learner = trained(side.backend, store, plan)
        after = arrays(learner, store)
        moved = {name for name in before if not np.array_equal(before[name], after[name])}
        assert moved == {*plan.network.tensor_shapes(), "targets", *(["input cloud", "latents"] if rate else [])}
        assert not learner.input_cloud.requires_grad
