"""Training on a planted set: what it lowers, what it keeps, when it ends, and that it repeats itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from qaadcodec import progress as clock_module
from qaadcodec.config import AssignmentConfig, CodingConfig, CompressConfig, NetworkConfig, TrainingConfig
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import PhaseEnded, PhaseStarted, Progress, StopRequest
from qaadcodec.sets.store import TargetStore
from qaadcodec.training import loop as loop_module
from qaadcodec.training import schedule
from qaadcodec.training.host.align import align
from qaadcodec.training.learner import Learner
from qaadcodec.training.loop import train
from qaadcodec.training.predict import predict
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.quantise.size_control import EVERY, SETTLED, SizeControl
from qaadcodec.training.start import initial_input_cloud, pca_latents

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]

TINY = CompressConfig(
    network=NetworkConfig(latent_size=3, patches=4, shared_widths=(24, 16), head_widths=(8,), fourier_octaves=2),
    assignment=AssignmentConfig(greedy_leaf=16, leaf=16, resolve_every=3),
    training=TrainingConfig(epochs=10, batch=2, points_per_step=48, learning_rate=5e-3),
)


def begin(store: TargetStore, config: CompressConfig) -> Learner:
    q = initial_input_cloud(store, config.network.patches)
    list(align(store, q, config.assignment, config.seed))
    latents = pca_latents(store, config.network.latent_size, config.seed)
    network = FoldingNetwork(config.network, torch.Generator().manual_seed(config.seed))
    return Learner(network, torch.from_numpy(q), torch.from_numpy(latents))


def matched(learner: Learner, store: TargetStore) -> float:
    """Mean squared matched distance over all points of all clouds."""
    errors = [
        np.square(predict(learner.network, learner.input_cloud, learner.latents[i]) - store.points[i]).sum(1).mean()
        for i in range(len(store))
    ]
    return float(np.mean(errors))


def test_it_lowers_the_matched_error(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    config = replace(TINY, training=replace(TINY.training, epochs=60))
    store = make_store(make_planted(6, 150))
    learner = begin(store, config)
    before = matched(learner, store)
    events = list(train(learner, store, config, variance=0.5))
    after = matched(learner, store)
    assert after < 0.35 * before
    assert learner.epochs == 60
    last = events[-2]
    assert isinstance(last, Progress)
    assert last.matched_error is not None
    assert last.matched_error * 0.5 == pytest.approx(after, rel=0.5)


@pytest.mark.parametrize("swaps", [True, False], ids=["swaps", "no swaps"])
@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "no leaves"])
@pytest.mark.parametrize("points", [120, 127])
def test_every_stored_cloud_stays_a_permutation_of_the_original(
    make_store: MakeStore,
    make_planted: Callable[..., Array],
    assert_permuted: Callable[[Array, Array], None],
    swaps: bool,
    leaves: bool,
    points: int,
) -> None:
    config = replace(TINY, assignment=replace(TINY.assignment, pair_swaps=swaps, leaf_resolving=leaves))
    clouds = make_planted(5, points)
    store = make_store(clouds)
    learner = begin(store, config)
    aligned = np.array(store.points)
    list(train(learner, store, config, 0.5))
    assert_permuted(store.points, clouds)
    assert np.array_equal(store.points, aligned) == (not swaps and not leaves)


@pytest.mark.parametrize("kind", ["pair_swaps", "leaf_resolving"])
def test_each_reassignment_lowers_the_error_of_every_cloud(
    make_store: MakeStore, make_planted: Callable[..., Array], kind: str
) -> None:
    """With a network that all but stands still, the matched error tells of the assignment alone."""
    off = {"pair_swaps": False, "leaf_resolving": False}
    config = replace(
        TINY,
        assignment=replace(TINY.assignment, greedy=False, **{**off, kind: True}),
        training=replace(TINY.training, epochs=30, learning_rate=1e-12),
    )
    store = make_store(make_planted(4, 120))
    learner = begin(store, config)

    def errors() -> Array:
        return np.square(store.points - learner.input_cloud.numpy()).sum(2).mean(1)

    before = errors()  # the network starts with P̂ = Q
    list(train(learner, store, config, 0.5))
    assert (errors() < 0.4 * before).all()


def arrays(learner: Learner, store: TargetStore) -> dict[str, Array]:
    return {
        **learner.network.arrays(),
        "input cloud": learner.input_cloud.numpy().copy(),
        "latents": learner.latents.numpy().copy(),
        "targets": np.array(store.points),
    }


def test_the_same_seed_gives_the_same_arrays(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    found = []
    for seed in (3, 3, 4):
        config = replace(TINY, seed=seed)
        store = make_store(make_planted(5, 120))
        learner = begin(store, config)
        list(train(learner, store, config, 0.5))
        found.append(arrays(learner, store))
    first, again, other = found
    for name in first:
        np.testing.assert_array_equal(first[name], again[name], err_msg=name)
    assert not np.array_equal(first["latents"], other["latents"])


def test_everything_that_is_learnt_moves_unless_its_rate_is_zero(
    make_store: MakeStore, make_planted: Callable[..., Array]
) -> None:
    for rate in (1.0, 0.0):
        config = replace(TINY, training=replace(TINY.training, input_rate=rate, latent_rate=rate))
        store = make_store(make_planted(4, 100))
        learner = begin(store, config)
        before = arrays(learner, store)
        list(train(learner, store, config, 0.5))
        after = arrays(learner, store)
        moved = {name for name in before if not np.array_equal(before[name], after[name])}
        assert moved == {*config.network.tensor_shapes(), "targets", *(["input cloud", "latents"] if rate else [])}
        assert not learner.input_cloud.requires_grad


def test_more_patches_than_a_step_has_points(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    config = replace(
        TINY,
        network=replace(TINY.network, patches=50, head_widths=()),
        training=replace(TINY.training, points_per_step=1, batch=100),
    )
    clouds = make_planted(3, 50)
    store = make_store(clouds)
    learner = begin(store, config)
    before = matched(learner, store)
    list(train(learner, store, config, 0.5))
    assert matched(learner, store) < before


def test_two_steps_learn_something(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    """`--epochs 2` on a set of one batch; the first step only finds the bases of SOAP."""
    config = replace(TINY, training=replace(TINY.training, epochs=2, batch=8))
    store = make_store(make_planted(4, 100))
    learner = begin(store, config)
    before = arrays(learner, store)
    list(train(learner, store, config, 0.5))
    assert learner.epochs == 2
    assert not np.array_equal(before["head.1.weight"], learner.network.arrays()["head.1.weight"])


def test_the_events_tell_the_phase(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_module, "REPORT_SECONDS", 0.0)
    store = make_store(make_planted(5, 80))
    started, *progress, ended = train(begin(store, TINY), store, TINY, 0.5)
    assert started == PhaseStarted("training", 10, "epochs")
    assert isinstance(ended, PhaseEnded)
    assert ended.phase == "training"
    assert ended.seconds > 0
    assert [p.fraction for p in progress] == [*(pytest.approx((i + 1) / 30) for i in range(30)), 1.0]
    assert [p.done for p in progress] == [*(i // 3 for i in range(30)), 10]
    assert all(p.points_per_second > 0 and p.matched_error > 0 for p in progress)
    assert progress[-1].eta_seconds == 0.0


def test_without_variance_there_is_no_relative_error(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    store = make_store(make_planted(2, 40))
    events = list(train(begin(store, TINY), store, TINY, 0.0))
    assert events[-2].matched_error is None


def test_stop_ends_after_the_present_step(
    make_store: MakeStore,
    make_planted: Callable[..., Array],
    assert_permuted: Callable[[Array, Array], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop_module, "REPORT_SECONDS", 0.0)
    clouds = make_planted(6, 80)
    store, stop = make_store(clouds), StopRequest()
    learner = begin(store, TINY)
    events = []
    for event in train(learner, store, TINY, 0.5, stop=stop):
        events.append(event)
        if len(events) == 6:  # the start and five steps: one epoch of three, and two of the next
            stop.set()
    assert learner.epochs == 1
    assert [type(e) for e in events[6:]] == [Progress, PhaseEnded]
    assert events[-2].fraction == pytest.approx(5 / 30)
    assert_permuted(store.points, clouds)
    assert not learner.input_cloud.requires_grad


def test_a_stop_before_the_first_step_leaves_all_as_it_was(
    make_store: MakeStore, make_planted: Callable[..., Array]
) -> None:
    store, stop = make_store(make_planted(3, 60)), StopRequest()
    learner = begin(store, TINY)
    before = arrays(learner, store)
    stop.set()
    events = list(train(learner, store, TINY, 0.5, stop=stop))
    assert events[1] == Progress("training", 0, 0.0)
    after = arrays(learner, store)
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


def test_a_budget_ends_it_with_the_rate_brought_down(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch
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

    monkeypatch.setattr(clock_module.time, "monotonic", tick)
    monkeypatch.setattr(loop_module, "learning_rate_factor", noted)
    config = replace(TINY, training=replace(TINY.training, epochs=100000))
    store = make_store(make_planted(4, 60))
    learner = begin(store, config)
    events = list(train(learner, store, config, 0.5, budget_seconds=20.0))
    assert events[-2].fraction == 1.0
    assert 10 < len(rates) < 200
    assert learner.epochs == len(rates) // 2
    assert max(rates) > 0.95
    assert rates[-1] < 0.01


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_the_schedule_is_the_factor_of_every_step(schedule: str, monkeypatch: pytest.MonkeyPatch, make_store) -> None:  # type: ignore[no-untyped-def]
    factors: list[float] = []

    class Noting:
        def __init__(self, *_: object) -> None: ...
        def __enter__(self) -> Noting:
            return self

        def __exit__(self, *_: object) -> None: ...
        def step(self, batch: object, factor: float) -> tuple[float, int]:
            factors.append(factor)
            return 1.0, 1

    monkeypatch.setattr("qaadcodec.training.loop.Steps", Noting)
    config = CompressConfig(
        training=TrainingConfig(epochs=100, batch=1, schedule=schedule), coding=CodingConfig(numbers="uniform")
    )
    learner = Learner(FoldingNetwork(config.network), torch.zeros(4, 3), torch.zeros(1, 32))
    for _ in train(learner, make_store(np.zeros((1, 4, 3), np.float32)), config, 1.0):
        pass
    assert len(factors) == 100
    if schedule == "constant":
        assert set(factors) == {1.0}
    else:
        assert max(factors) > 0.99
        assert factors[-1] < 0.001


def bits_per_number(learner: Learner) -> float:
    """Entropy of the whole steps of each tensor of the network, a mean over its numbers."""
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


def test_steps_are_chosen_when_the_training_is_that_far(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_module, "REPORT_SECONDS", 0.0)
    asked = []

    def noted(learner: Learner, error: float, seed: int) -> object:
        asked.append((len(fractions), error, seed))
        return choose(learner, error, seed)

    choose = loop_module.chosen_grids
    monkeypatch.setattr(loop_module, "chosen_grids", noted)
    for numbers, share in (("entropy", 0.5), ("entropy", 1.0), ("uniform", 0.5)):
        coding = CodingConfig(numbers=numbers, learn_from=share, loss=0.25)
        config = replace(TINY, seed=6, coding=coding)
        store = make_store(make_planted(5, 80))
        learner = begin(store, config)
        fractions: list[float] = []
        for event in train(learner, store, config, variance=1.0):
            if isinstance(event, Progress):
                assert (learner.grids is not None) == ((numbers, share) == ("entropy", 0.5) and event.fraction > 0.5)
                fractions.append(event.fraction)
                if len(fractions) == 15:
                    before = event.matched_error
    ((when, error, seed),) = asked  # once, after half of 30 steps
    assert (when, seed) == (15, 6)
    assert before is not None
    assert error == pytest.approx(0.25 * before)


def test_a_stop_before_that_leaves_no_steps(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    store, stop = make_store(make_planted(5, 80)), StopRequest()
    learner = begin(store, TINY)
    for event in train(learner, store, TINY, 0.5, stop=stop):
        if isinstance(event, PhaseStarted):
            stop.set()
    assert learner.grids is None


def test_the_same_seed_gives_the_same_steps(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    found = []
    for seed in (3, 3, 4):
        config = replace(TINY, seed=seed)
        store = make_store(make_planted(5, 120))
        learner = begin(store, config)
        list(train(learner, store, config, 0.5))
        assert learner.grids is not None
        found.append((learner.grids.weights, learner.grids.latents.tolist(), learner.grids.input_cloud))
    first, again, other = found
    assert first == again
    assert first != other


def test_the_price_of_bits_makes_fewer_of_them(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    found = []
    for price in (0.0, 1.0, 30.0):
        coding = CodingConfig(learn_from=0.3, price=price)
        config = replace(TINY, training=replace(TINY.training, epochs=40), coding=coding)
        store = make_store(make_planted(5, 120))
        learner = begin(store, config)
        list(train(learner, store, config, 0.5))
        found.append((bits_per_number(learner), rounded_error(learner, store)))
    (free, plain), (paid, _), (dear, poor) = found
    assert free > paid > dear
    assert dear < 0.8 * free
    assert poor > plain


def test_what_is_learnt_with_rounding_loses_less_by_it(
    make_store: MakeStore, make_planted: Callable[..., Array]
) -> None:
    """The same steps, for a set that never saw them while it was learnt and for one that did."""
    clouds, learnt = make_planted(5, 120), []
    for share in (0.5, 1.0):
        coding = CodingConfig(learn_from=share, loss=2.0, price=0.0)
        config = replace(TINY, training=replace(TINY.training, epochs=60), coding=coding)
        store = make_store(clouds)
        learnt.append((begin(store, config), store))
        list(train(*learnt[-1], config, 0.5))
    (rounding, there), (plain, here) = learnt
    assert plain.grids is None
    plain.grids = rounding.grids
    assert matched(plain, here) < matched(rounding, there)
    assert rounded_error(rounding, there) < 0.6 * rounded_error(plain, here)


def test_a_wanted_size_is_looked_after_from_the_first_rounding_on(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Always twice too large: every look makes the steps coarser, and what is rounded to follows."""
    monkeypatch.setattr(loop_module, "REPORT_SECONDS", 0.0)
    store, looks, seen = make_store(make_planted(5, 80)), [], []
    config = replace(TINY, training=replace(TINY.training, epochs=40), coding=CodingConfig(learn_from=0.5))
    learner = begin(store, config)

    def measure(learner: Learner) -> int:
        assert learner.grids is not None
        looks.append(learner.grids.input_cloud)
        return 2000

    monkeypatch.setattr(loop_module.Steps, "round_to", lambda self, rounding: seen.append(rounding.price))
    events = train(learner, store, config, 0.5, SizeControl(1000, measure))
    fractions = [(event.fraction, len(looks)) for event in events if isinstance(event, Progress)]
    assert learner.grids is not None
    assert [count for fraction, count in fractions if fraction <= 0.5][-1] == 0
    assert (SETTLED - 0.5) / (EVERY + 1 / 120) - 1 < len(looks) < (SETTLED - 0.5) / EVERY + 1
    np.testing.assert_allclose(np.diff(np.log([*looks, learner.grids.input_cloud])), np.log(1.6), atol=0.005)
    np.testing.assert_allclose(np.diff(np.log(seen)), 2.0 * np.log(1.6))
    assert len(seen) == len(looks) + 1
    assert all(count == len(looks) for fraction, count in fractions if fraction > SETTLED + 1 / 120)
