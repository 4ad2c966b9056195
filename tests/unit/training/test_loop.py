"""Training on a planted set: what it lowers, when it ends, what it tells, and when it begins to round.

What holds on every backend is in tests/contracts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from fixtures.training import HOST, SMALL, arrays, begun, gathered_around, matched

from qaadcodec.config import CodingConfig, Plan, TrainingConfig
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Event, PhaseEnded, PhaseStarted, Progress, Run, StopRequest
from qaadcodec.progress import run as clock_module
from qaadcodec.sets.store import TargetStore
from qaadcodec.training import loop as loop_module
from qaadcodec.training import schedule
from qaadcodec.training import standing as standing_module
from qaadcodec.training.learner import Learner
from qaadcodec.training.loop import train
from qaadcodec.training.pulse import Pulse
from qaadcodec.training.quantise import size_control as size_module
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.quantise.size_control import EVERY, SETTLED, SizeControl

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]


def learnt(store: TargetStore, plan: Plan, run: Run | None = None) -> Learner:
    """The learner after the whole training."""
    run = run or Run()
    learner = begun(store, plan, run.seed)
    train(learner, gathered_around(store), plan, run, HOST)
    return learner


@pytest.fixture
def _every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is told after every step."""
    monkeypatch.setattr(standing_module, "REPORT_SECONDS", 0.0)


def test_it_lowers_the_matched_error(make_store: MakeStore, make_planted: Callable[..., Array], heard: Any) -> None:
    plan = replace(SMALL, training=replace(SMALL.training, epochs=60))
    store = make_store(make_planted(6, 150))
    learner = begun(store, plan)
    before = matched(learner, store)
    train(learner, gathered_around(store, variance=0.5), plan, Run(listener=heard), HOST)
    after = matched(learner, store)
    assert after < 0.35 * before
    assert learner.epochs == 60
    last = heard.events[-2]
    assert isinstance(last, Progress)
    assert last.matched_error is not None
    assert last.matched_error * 0.5 == pytest.approx(after, rel=0.5)


def test_more_patches_than_a_step_has_points(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    plan = replace(
        SMALL,
        network=replace(SMALL.network, patches=50, head_widths=()),
        training=replace(SMALL.training, points_per_step=1, batch=100),
    )
    clouds = make_planted(3, 50)
    store = make_store(clouds)
    before = matched(begun(make_store(clouds), plan), store)
    assert matched(learnt(store, plan), store) < before


def test_two_steps_learn_something(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    """`--epochs 2` on a set of one batch; the first step only finds the bases of SOAP."""
    plan = replace(SMALL, training=replace(SMALL.training, epochs=2, batch=8))
    clouds = make_planted(4, 100)
    before = begun(make_store(clouds), plan).network.arrays()
    learner = learnt(make_store(clouds), plan)
    assert learner.epochs == 2
    assert not np.array_equal(before["head.1.weight"], learner.network.arrays()["head.1.weight"])


@pytest.mark.usefixtures("_every_step")
def test_the_events_tell_the_phase(make_store: MakeStore, make_planted: Callable[..., Array], heard: Any) -> None:
    store = make_store(make_planted(5, 80))
    train(begun(store, SMALL), gathered_around(store), SMALL, Run(listener=heard), HOST)
    started, *progress, ended = heard.events
    assert started == PhaseStarted("training", 10, "epochs")
    assert isinstance(ended, PhaseEnded)
    assert ended.phase == "training"
    assert ended.seconds > 0
    assert [p.fraction for p in progress] == [*(pytest.approx((i + 1) / 30) for i in range(30)), 1.0]
    assert [p.done for p in progress] == [*(i // 3 for i in range(30)), 10]
    assert all(p.throughput > 0 and p.matched_error > 0 for p in progress)
    assert progress[-1].eta_seconds == 0.0


def test_without_variance_there_is_no_relative_error(
    make_store: MakeStore, make_planted: Callable[..., Array], heard: Any
) -> None:
    store = make_store(make_planted(2, 40))
    train(begun(store, SMALL), gathered_around(store, variance=0.0), SMALL, Run(listener=heard), HOST)
    assert heard.events[-2].matched_error is None


@pytest.mark.usefixtures("_every_step")
def test_stop_ends_after_the_present_step(
    make_store: MakeStore,
    make_planted: Callable[..., Array],
    assert_permuted: Callable[[Array, Array], None],
    heard: Any,
) -> None:
    clouds, stop = make_planted(6, 80), StopRequest()

    def listen(event: Event) -> None:
        heard(event)
        if len(heard.events) == 6:  # the start and five steps: one epoch of three, and two of the next
            stop.set()

    store = make_store(clouds)
    learner = begun(store, SMALL)
    train(learner, gathered_around(store), SMALL, Run(listener=listen, stop=stop), HOST)
    assert learner.epochs == 1
    assert [type(e) for e in heard.events[6:]] == [Progress, PhaseEnded]
    assert heard.events[-2].fraction == pytest.approx(5 / 30)
    assert_permuted(store.points, clouds)
    assert not learner.input_cloud.requires_grad


def test_a_stop_before_the_first_step_leaves_all_as_it_was(
    make_store: MakeStore, make_planted: Callable[..., Array], heard: Any
) -> None:
    store, stop = make_store(make_planted(3, 60)), StopRequest()
    learner = begun(store, SMALL)
    before = arrays(learner, store)
    stop.set()
    train(learner, gathered_around(store), SMALL, Run(listener=heard, stop=stop), HOST)
    assert heard.events[1] == Progress("training", 0, 0.0)
    after = arrays(learner, store)
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


def test_a_deadline_ends_it_with_the_rate_brought_down(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch, heard: Any
) -> None:
    """A clock of the test's own: every look at it takes a tenth of a second."""
    now = [0.0]

    def tick() -> float:
        now[0] += 0.1
        return now[0]

    rates = []

    def noted(fraction: float) -> float:
        rates.append(schedule.learning_rate_factor(fraction))
        return rates[-1]

    plan = replace(SMALL, training=replace(SMALL.training, epochs=100000))
    store = make_store(make_planted(4, 60))
    learner = begun(store, plan)
    monkeypatch.setattr(clock_module.time, "monotonic", tick)
    monkeypatch.setattr(loop_module, "learning_rate_factor", noted)
    train(learner, gathered_around(store), plan, Run(listener=heard).within(20.0), HOST)
    assert heard.events[-2].fraction == 1.0
    assert 10 < len(rates) < 200
    assert learner.epochs == len(rates) // 2
    assert max(rates) > 0.95
    assert rates[-1] < 0.01


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_the_schedule_is_the_factor_of_every_step(schedule: str, make_store: MakeStore) -> None:
    factors: list[float] = []

    class Noting:
        def __init__(self, *_: object) -> None: ...
        def __enter__(self) -> Noting:
            return self

        def __exit__(self, *_: object) -> None: ...
        def step(self, batch: object, factor: float, pulse: Pulse | None = None) -> tuple[float, int]:
            factors.append(factor)
            return 1.0, 1

    plan = Plan(training=TrainingConfig(epochs=100, batch=1, schedule=schedule), coding=CodingConfig(numbers="uniform"))
    learner = Learner(FoldingNetwork(plan.network), torch.zeros(4, 3), torch.zeros(1, 32))
    store = make_store(np.zeros((1, 4, 3), np.float32))
    train(learner, gathered_around(store), plan, Run(), replace(HOST, steps=Noting))
    assert len(factors) == 100
    if schedule == "constant":
        assert set(factors) == {1.0}
    else:
        assert max(factors) > 0.99
        assert factors[-1] < 0.001


@pytest.mark.parametrize("limit", ["nothing", "a stop", "a deadline"])
def test_only_without_a_limit_waiting_assignments_are_waited_for(limit: str, make_store: MakeStore) -> None:
    """So that the same bytes come out; with one, they are left out, and the steps hear of it once."""
    run, dropped = Run() if limit != "a deadline" else Run().within(1e6), []

    class Noting:
        def __init__(self, *_: object) -> None: ...
        def __enter__(self) -> Noting:
            return self

        def __exit__(self, *_: object) -> None: ...
        def step(self, batch: object, factor: float, pulse: Pulse | None = None) -> tuple[float, int]:
            if limit == "a stop":
                run.stop.set()
            return 1.0, 1

        def drop_waiting(self) -> None:
            dropped.append(limit)

    plan = Plan(training=TrainingConfig(epochs=3), coding=CodingConfig(numbers="uniform"))
    learner = Learner(FoldingNetwork(plan.network), torch.zeros(4, 3), torch.zeros(1, 32))
    store = make_store(np.zeros((1, 4, 3), np.float32))
    train(learner, gathered_around(store), plan, run, replace(HOST, steps=Noting))
    assert dropped == ([] if limit == "nothing" else [limit])


def bits_per_number(learner: Learner) -> float:
    """Entropy of the whole multiples of each tensor's grid, a mean over the numbers of the network."""
    assert learner.grids is not None
    total = 0.0
    for name, array in learner.network.arrays().items():
        counts = np.unique(np.rint(array / learner.grids.weights[name]), return_counts=True)[1]
        total -= float((counts * np.log2(counts / array.size)).sum())
    return total / sum(array.size for array in learner.network.arrays().values())


def rounded_error(learner: Learner, store: TargetStore) -> float:
    """The matched error of what a reader will get."""
    assert learner.grids is not None
    rounding = Rounding(learner, learner.grids, 0.0)
    whole = rounding.latents(torch.arange(len(store)))
    with rounding.applied():
        return matched(Learner(learner.network, learner.input_cloud, whole), store)


@pytest.mark.usefixtures("_every_step")
@pytest.mark.parametrize(("numbers", "share"), [("entropy", 0.5), ("entropy", 1.0), ("uniform", 0.5)])
def test_grids_are_chosen_when_the_training_is_that_far(
    make_store: MakeStore,
    make_planted: Callable[..., Array],
    monkeypatch: pytest.MonkeyPatch,
    numbers: str,
    share: float,
) -> None:
    asked: list[tuple[int, float, int]] = []
    told: list[Progress] = []
    choose = loop_module.chosen_grids
    plan = replace(SMALL, coding=CodingConfig(numbers=numbers, learn_from=share, loss=0.25))
    store = make_store(make_planted(5, 80))
    learner = begun(store, plan, seed=6)

    def noted(learner: Learner, error: float, seed: int) -> object:
        asked.append((len(told), error, seed))
        return choose(learner, error, seed)

    def listen(event: Event) -> None:
        if isinstance(event, Progress):
            told.append(event)
            rounds = (numbers, share) == ("entropy", 0.5) and event.fraction > 0.5
            assert (learner.grids is not None) == rounds

    monkeypatch.setattr(loop_module, "chosen_grids", noted)
    train(learner, gathered_around(store, variance=1.0), plan, Run(listener=listen, seed=6), HOST)
    assert len(told) == 31  # after each step, and at the end
    if (numbers, share) == ("entropy", 0.5):  # once, after half of 30 steps
        [(when, error, seed)] = asked
        errors = [0.25 * (progress.matched_error or 0.0) for progress in told[:15]]
        assert (when, seed) == (15, 6)
        assert min(errors) < error < max(errors)  # smoothed over more steps than what is told
    else:
        assert asked == []


def test_a_stop_before_that_leaves_no_grids(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    stop = StopRequest()

    def listen(event: Event) -> None:
        if isinstance(event, PhaseStarted):
            stop.set()

    learner = learnt(make_store(make_planted(5, 80)), SMALL, Run(listener=listen, stop=stop))
    assert learner.grids is None


def test_the_same_seed_gives_the_same_grids(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    found = []
    for seed in (3, 3, 4):
        learner = learnt(make_store(make_planted(5, 120)), SMALL, Run(seed=seed))
        assert learner.grids is not None
        found.append((learner.grids.weights, learner.grids.latents.tolist(), learner.grids.input_cloud))
    first, again, other = found
    assert first == again
    assert first != other


def test_the_price_of_bits_makes_fewer_of_them(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    found = []
    for price in (0.0, 1.0, 30.0):
        coding = CodingConfig(learn_from=0.3, price=price)
        plan = replace(SMALL, training=replace(SMALL.training, epochs=25), coding=coding)
        store = make_store(make_planted(5, 120))
        learner = learnt(store, plan)
        found.append((bits_per_number(learner), rounded_error(learner, store)))
    (free, plain), (paid, _), (dear, poor) = found
    assert free > paid > dear
    assert dear < 0.8 * free
    assert poor > plain


def test_what_is_learnt_with_rounding_loses_less_by_it(
    make_store: MakeStore, make_planted: Callable[..., Array]
) -> None:
    """The same grids, for a set that never saw them while it was learnt and for one that did."""
    clouds, found = make_planted(5, 120), []
    for share in (0.5, 1.0):
        coding = CodingConfig(learn_from=share, loss=2.0, price=0.0)
        plan = replace(SMALL, training=replace(SMALL.training, epochs=60), coding=coding)
        store = make_store(clouds)
        found.append((learnt(store, plan), store))
    (rounding, there), (plain, here) = found
    assert plain.grids is None
    plain.grids = rounding.grids
    assert matched(plain, here) < matched(rounding, there)
    assert rounded_error(rounding, there) < 0.6 * rounded_error(plain, here)


@pytest.mark.usefixtures("_every_step")
def test_a_wanted_size_is_looked_after_from_the_first_rounding_on(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Always twice too large: every look makes the grids coarser, and what is rounded to follows."""
    store = make_store(make_planted(5, 80))
    looks: list[float] = []
    prices: list[float] = []
    fractions: list[tuple[float, int]] = []
    plan = replace(SMALL, training=replace(SMALL.training, epochs=40), coding=CodingConfig(learn_from=0.5))
    learner = begun(store, plan)

    def measure(learner: Learner) -> int:
        assert learner.grids is not None
        looks.append(learner.grids.input_cloud)
        return 2000

    def listen(event: Event) -> None:
        if isinstance(event, Progress):
            fractions.append((event.fraction, len(looks)))

    monkeypatch.setattr(HOST.steps, "round_to", lambda self, rounding: prices.append(rounding.price))
    control = SizeControl(1000, measure)
    train(learner, gathered_around(store), plan, Run(listener=listen), HOST, control)
    assert learner.grids is not None
    assert [count for fraction, count in fractions if fraction <= 0.5][-1] == 0
    assert (SETTLED - 0.5) / (EVERY + 1 / 120) - 1 < len(looks) < (SETTLED - 0.5) / EVERY + 1
    np.testing.assert_allclose(np.diff(np.log([*looks, learner.grids.input_cloud])), np.log(1.6), atol=0.005)
    np.testing.assert_allclose(np.diff(np.log(prices)), 2.0 * np.log(1.6))
    assert len(prices) == len(looks) + 1
    assert all(count == len(looks) for fraction, count in fractions if fraction > SETTLED + 1 / 120)


@pytest.mark.usefixtures("_every_step")
def test_the_error_that_is_told_is_a_mean_of_the_last_pass(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch, heard: Any
) -> None:
    """Six clouds, two a step: three steps a pass, and the mean is of four steps at least."""
    losses = iter(range(100, 0, -1))
    monkeypatch.setattr(HOST.steps, "step", lambda self, batch, factor, pulse: (float(next(losses)), 10))
    plan = replace(SMALL, training=replace(SMALL.training, epochs=3, batch=2), coding=CodingConfig(numbers="uniform"))
    store = make_store(make_planted(6, 80))
    train(begun(store, plan), gathered_around(store, variance=2.0), plan, Run(listener=heard), HOST)
    told = [event.matched_error for event in heard.events if isinstance(event, Progress)]
    assert told[:6] == [50.0, 49.75, 49.5, 49.25, 48.75, 48.25]


@pytest.mark.usefixtures("_every_step")
def test_the_size_so_far_is_told_and_seldom_looked_at(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch, heard: Any
) -> None:
    """A look takes a second of a clock that goes on by nothing else but 10 seconds a step: one in ten steps."""
    now = [0.0]
    monkeypatch.setattr(size_module, "now", lambda: now[0])
    looks: list[float] = []

    def measure(learner: Learner) -> int:
        looks.append(now[0])
        now[0] += 1.0
        return 1000 + len(looks)

    def listen(event: Event) -> None:
        heard(event)
        now[0] += 10.0

    plan = replace(SMALL, training=replace(SMALL.training, epochs=30, batch=2), coding=CodingConfig(learn_from=0.5))
    store = make_store(make_planted(4, 80))
    train(begun(store, plan), gathered_around(store), plan, Run(listener=listen), HOST, SizeControl(None, measure))
    told = [(event.fraction, event.archive_bytes) for event in heard.events if isinstance(event, Progress)]
    assert all(size is None for fraction, size in told if fraction <= 0.5)
    assert next(size for fraction, size in told if fraction > 0.55) == 1001
    assert told[-1][1] == 1000 + len(looks)
    assert len(looks) == 3  # in the 300 seconds of 30 steps
    assert all(later - sooner >= 100.0 for sooner, later in itertools.pairwise(looks))
