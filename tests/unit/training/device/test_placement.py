"""Everything of a training on a device is there: a whole step, and what is assigned, on one that has no numbers.

A tensor that is left on the host, or a number that the host waits for, is an error here without any GPU.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pytest
import torch
from fixtures.card import CARD, Card, LeftBehind, Recorded
from fixtures.training import SMALL, grids_for
from torch import Tensor

from qaadcodec.assignment.device import greedy as greedy_module
from qaadcodec.assignment.device import reassignment
from qaadcodec.assignment.device.auction import Matching
from qaadcodec.config import Plan
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.backend import device_backend
from qaadcodec.training.device import steps as module
from qaadcodec.training.device.assign import assign
from qaadcodec.training.device.steps import Steps
from qaadcodec.training.learner import Learner
from qaadcodec.training.optim import soap
from qaadcodec.training.quantise.rounding import Rounding

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
MakePlanted = Callable[..., Array]

CLOUDS, POINTS = 5, 90
PLAN = replace(SMALL, assignment=replace(SMALL.assignment, resolve_every=2))
ADAM = replace(PLAN, training=replace(PLAN.training, optimiser="adam", input_rate=0.0))
THREADS = Threads(ThreadPoolExecutor(1), 1, torch.float32)


def matched(a: Tensor, b: Tensor, *, count: Tensor, **rules: float) -> Matching:
    """Stands for the auction, which is one kernel on a GPU; `test_bidding` has its rounds."""
    assert {a.device, b.device, count.device} == {CARD}
    problems, points, _ = a.shape
    rows = torch.arange(points, device=a.device).expand(problems, points)
    return Matching(rows, a.new_zeros(problems, points), rows.new_zeros(problems))


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    card = Card()
    monkeypatch.setattr(module, "Replayed", partial(Recorded, card))
    for user in (greedy_module, reassignment):
        monkeypatch.setattr(user, "assign", matched)
    return card


def placed(plan: Plan) -> Learner:
    """A learner on the card."""
    network = FoldingNetwork(plan.network).to(CARD)
    return Learner(network, torch.zeros(POINTS, 3).to(CARD), torch.zeros(CLOUDS, plan.network.latent_size).to(CARD))


def steps_of(learner: Learner, store: TargetStore, plan: Plan) -> Steps:
    return Steps(learner, store, plan, THREADS, np.random.default_rng(0), 0)


@pytest.mark.parametrize("plan", [PLAN, ADAM], ids=["SOAP", "Adam"])
@pytest.mark.parametrize("normals", [False, True])
def test_a_whole_step_stays_on_the_card(
    make_planted: MakePlanted, card: Card, plan: Plan, normals: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More steps than SOAP needs to turn its bases, with and without rounding, and the re-solving between them."""
    monkeypatch.setattr(soap, "TURN_EVERY", 4)
    clouds = make_planted(CLOUDS, POINTS)
    with TargetStore(CLOUDS, POINTS, normals=normals) as store, card:
        store.points[:, :, :3] = clouds
        learner = placed(plan)
        steps = steps_of(learner, store, plan)
        for turn in range(6):
            if turn == 3:
                steps.round_to(Rounding(learner, grids_for(plan.network), 1e-6))
            loss, points = steps.step(np.array([turn % CLOUDS, (turn + 2) % CLOUDS]), 0.5)
            assert (loss.device, loss.shape, points) == (CARD, (), 2 * plan.training.points_per_step)
            learner.epochs = turn // 3
        assert {tensor.device for tensor in steps.memory().shared.values()} == {CARD}
        assert {tensor.device for tensor in steps.memory().rows.values()} == {CARD}
        assert card.to_host == []
        steps.__exit__(None, None, None)
        assert card.to_host == [(CLOUDS, POINTS, 3 + normals)]  # the targets, at the end


def leave_rates(steps: Steps, learner: Learner) -> None:
    steps._rates = torch.zeros(3)


def leave_moments(steps: Steps, learner: Learner) -> None:
    steps._latents._first = torch.zeros(CLOUDS, 3)


def leave_count(steps: Steps, learner: Learner) -> None:
    steps._soap._count = torch.zeros(())


def leave_targets(steps: Steps, learner: Learner) -> None:
    steps._targets._points = torch.zeros(CLOUDS, POINTS, 3)  # type: ignore[union-attr]


def leave_grids(steps: Steps, learner: Learner) -> None:
    rounding = Rounding(learner, grids_for(PLAN.network), 1e-6)
    rounding._latent_grids = torch.ones(3)
    steps.round_to(rounding)


@pytest.mark.parametrize("leave", [leave_rates, leave_moments, leave_count, leave_targets, leave_grids])
def test_what_is_left_on_the_host_is_found(
    make_store: MakeStore, make_planted: MakePlanted, card: Card, leave: Callable[[Steps, Learner], None]
) -> None:
    """So the test above would fail; a real GPU would take some of these, and be slow."""
    store = make_store(make_planted(CLOUDS, POINTS))
    with card:
        learner = placed(PLAN)
        steps = steps_of(learner, store, PLAN)
        steps.step(np.arange(2), 0.5)
        leave(steps, learner)
        with pytest.raises(LeftBehind, match="on cpu"):
            steps.step(np.arange(2), 0.5)


def test_a_number_that_the_host_waits_for_is_found(
    make_store: MakeStore, make_planted: MakePlanted, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waiting(prediction: Tensor, target: Tensor) -> Tensor:
        assert float(prediction.sum()) >= 0.0
        return torch.zeros(prediction.shape[:2], dtype=torch.int64, device=prediction.device)

    monkeypatch.setattr(module, "pair_swaps", waiting)
    store = make_store(make_planted(CLOUDS, POINTS))
    with card, pytest.raises(RuntimeError, match="meta tensors"):
        steps_of(placed(PLAN), store, PLAN).step(np.arange(2), 0.5)


def test_the_first_assignment_copies_each_cloud_once(
    make_store: MakeStore, make_planted: MakePlanted, card: Card
) -> None:
    clouds = make_planted(CLOUDS, POINTS)
    store, run = make_store(clouds), Run()
    with card, run.phase("assigning", CLOUDS, "clouds") as phase:
        assign(store, lambda i: clouds[i], PLAN.assignment, run, phase, device=CARD)
    assert card.to_host == [(CLOUDS, POINTS, 3)]


def test_the_nearest_neighbours_stay_on_the_card(card: Card) -> None:
    a, b = torch.zeros(2, 30, 3, device=CARD), torch.zeros(2, 40, 3, device=CARD)
    with card, card.recording():
        there, back = device_backend(CARD).nearest_both_ways(a, b)
    assert (there.shape, back.shape, there.device, back.device) == ((2, 30), (2, 40), CARD, CARD)


def test_latents_that_are_fitted_go_down_on_the_card(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `encode` does for a group of clouds, but for its assignments, which the host makes."""
    from qaadcodec.training import fitting_group
    from qaadcodec.training.fitting_group import Descent, Fitting, Frozen

    monkeypatch.setattr(fitting_group, "Replayed", partial(Recorded, card))

    network = FoldingNetwork(PLAN.network).to(CARD).requires_grad_(False)
    starts = torch.zeros(1, PLAN.network.latent_size).to(CARD)
    q = torch.zeros(POINTS, 3).to(CARD)
    of = Frozen(network, q, starts, Fitting(), THREADS, device_backend(CARD))
    rows = np.arange(16).reshape(PLAN.network.patches, -1)
    with card:
        descent = Descent(of, starts.expand(2, -1).clone())
        descent.step(rows, np.zeros((2, 16, 3), np.float32), 0.1)
    assert card.to_host == []
    assert sorted(card.to_card) == [(), (2, 16, 3), rows.shape]


def test_a_step_of_the_warm_up_stays_on_the_card(
    make_store: MakeStore, make_planted: MakePlanted, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qaadcodec.training.warmup import warm_up
    from qaadcodec.training.warmup.pointnet import PointNet
    from qaadcodec.training.warmup.warm_up import Sampling, WarmupSteps

    monkeypatch.setattr(warm_up, "Replayed", partial(Recorded, card))
    store, rng = make_store(make_planted(CLOUDS, POINTS)), np.random.default_rng(0)
    with card:
        learner = placed(PLAN)
        encoder = PointNet(PLAN.network.latent_size, torch.Generator().manual_seed(0)).to(CARD)
        steps = WarmupSteps(learner, encoder, Sampling(store, PLAN.training, rng), THREADS, device_backend(CARD))
        for _ in range(2):
            assert steps.step(np.arange(3)) == 3 * PLAN.training.points_per_step
        assert {tensor.device for tensor in steps.memory().shared.values()} == {CARD}
    assert card.to_host == []
