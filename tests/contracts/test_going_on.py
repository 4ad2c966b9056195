"""A training that is taken up from a checkpoint equals one that never stopped, bit for bit, on every backend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from fixtures.left_runs import Killed, Left
from fixtures.training import SMALL, Side, arrays, begun, gathered_around

from qaadcodec.config import AssignmentConfig, Plan
from qaadcodec.errors import EnvironmentFailure, UsageError
from qaadcodec.progress import Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.learn import begin_again
from qaadcodec.training.learner import Learner
from qaadcodec.training.loop import STAGE, train
from qaadcodec.training.quantise.size_control import SizeControl
from qaadcodec.work.checkpoints import Checkpoints
from qaadcodec.work.state import State

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]

# 3 steps an epoch; SOAP turns its bases after 10, and rounding begins after 18.
PLAN = replace(SMALL, assignment=replace(SMALL.assignment, resolve_every=2))
ADAM = replace(PLAN, training=replace(PLAN.training, optimiser="adam", input_rate=0.0))
SIZED = replace(PLAN, target_bytes=1000)
WHOLE: dict[object, dict[str, Array]] = {}  # what a side comes to by a plan that nobody disturbs; filled in

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:Attempting to run cuBLAS"),
]


def size_of(learner: Learner) -> int:
    """Stands for the bytes of the archive: a number that depends on what was learnt so far."""
    return 500 + int(1e7 * float(learner.latents.abs().sum())) % 1000


def learn(learner: Learner, store: TargetStore, plan: Plan, checkpoints: Checkpoints, side: Side) -> dict[str, Array]:
    control = SizeControl(plan.target_bytes, size_of)
    train(learner, gathered_around(store), plan, Run(checkpoints=checkpoints, seed=3), side.backend, control)
    assert learner.grids is not None
    grids = {"grids": learner.grids.latents, "grid of Q": np.float32([learner.grids.input_cloud])}
    return arrays(learner, store) | grids


@pytest.mark.parametrize(
    ("plan", "at"),
    [*((PLAN, at) for at in (1, 2, 12, 20, 31)), *((ADAM, at) for at in (6, 20)), *((SIZED, at) for at in (18, 25))],
)
def test_going_on_equals_not_having_stopped(
    side: Side, make_store: MakeStore, make_planted: Callable[..., Array], left: Left, plan: Plan, at: int
) -> None:
    """The first checkpoint is written before the first step, and the others after one each."""
    clouds = make_planted(6, 90)
    if (side.package, side.backend.device, plan) not in WHOLE:
        whole = begun(store := make_store(clouds), plan, 3, side.backend.device)
        WHOLE[side.package, side.backend.device, plan] = learn(whole, store, plan, Checkpoints(), side)
        assert whole.epochs == 10

    dying, store = left.dying(at), make_store(clouds)
    with pytest.raises(Killed):
        learn(begun(store, plan, 3, side.backend.device), store, plan, dying, side)
    assert dying.stages == at * [STAGE]

    found, store = left.found(), make_store(np.zeros_like(clouds))
    state = found.look(STAGE)
    assert state is not None
    learner = begin_again(state, store, None, plan, side.backend)
    assert learner.input_cloud.count_nonzero() == 0
    going_on = learn(learner, store, plan, found, side)
    assert not found.has(STAGE)
    assert learner.epochs == 10
    for name, array in WHOLE[side.package, side.backend.device, plan].items():
        np.testing.assert_array_equal(going_on[name], array, err_msg=name)


def test_checkpoints_change_nothing(
    side: Side, make_store: MakeStore, make_planted: Callable[..., Array], left: Left
) -> None:
    """However often they are written."""
    clouds, found = make_planted(6, 90), []
    for checkpoints in (Checkpoints(), left.dying()):
        store = make_store(clouds)
        found.append(learn(begun(store, PLAN, 3, side.backend.device), store, PLAN, checkpoints, side))
    assert checkpoints.written == 32  # at the start, after 30 steps, and at the end
    for name, array in found[0].items():
        np.testing.assert_array_equal(found[1][name], array, err_msg=name)


@pytest.mark.parametrize("greedy", [True, False], ids=["greedy", "random"])
@pytest.mark.parametrize("at", [1, 2])
def test_an_assignment_goes_on(
    side: Side,
    make_store: MakeStore,
    make_planted: Callable[..., Array],
    left: Left,
    greedy: bool,
    at: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qaadcodec.training.host.assign.cores", lambda: 2)
    monkeypatch.setattr("qaadcodec.training.device.assign.clouds_together", lambda points: 2)
    clouds, config = make_planted(7, 60), AssignmentConfig(greedy=greedy, greedy_leaf=16)

    def assign(store: TargetStore, checkpoints: Checkpoints) -> list[int]:
        run, reached = Run(checkpoints=checkpoints, seed=3), []
        with run.phase("assigning", len(store), "clouds") as phase:
            reach = phase.reach
            monkeypatch.setattr(type(phase), "reach", lambda self, done: reached.append(done) or reach(done))
            side.backend.assign(store, lambda _: clouds[0], config, run, phase)
        return reached

    wanted = make_store(clouds)
    assert assign(wanted, Checkpoints())[-1] == 7
    with pytest.raises(Killed):
        assign(make_store(clouds), left.dying(at))
    store = make_store(np.zeros_like(clouds))
    reached = assign(store, left.found())
    assert reached[0] > 2 * (at - 1)
    assert reached[-1] == 7
    np.testing.assert_array_equal(store.points, wanted.points)


def found_after(left: Left, side: Side, store: TargetStore) -> State:
    """The training of a checkpoint after two steps."""
    with pytest.raises(Killed):
        learn(begun(store, PLAN, 3, side.backend.device), store, PLAN, left.dying(3), side)
    state = left.found().look(STAGE)
    assert state is not None
    return state


def test_another_plan_is_refused_by_name(
    side: Side, make_store: MakeStore, make_planted: Callable[..., Array], left: Left
) -> None:
    clouds = make_planted(6, 90)
    state = found_after(left, side, make_store(clouds))
    other = replace(PLAN, training=replace(PLAN.training, learning_rate=0.001))
    said = r"the run was planned with training.learning_rate 0.005, and would now be with 0.001$"
    with pytest.raises(UsageError, match=said):
        begin_again(state, make_store(clouds), None, other, side.backend)


HARMED: dict[str, Callable[[dict[str, Any]], object]] = {
    "no clock": lambda numbers: numbers.pop("done"),
    "a clock of text": lambda numbers: numbers.update(seconds="x"),
    "no generator": lambda numbers: numbers["passes"].pop("rng"),
    "another generator": lambda numbers: numbers["passes"]["rng"].update(bit_generator="MT19937"),
    "a state of text": lambda numbers: numbers["passes"]["rng"].update(state="x"),
    "no count of SOAP": lambda numbers: numbers.pop("steps.soap.steps"),
    "an error of text": lambda numbers: numbers["meter"].update(error="x"),
    "no meter": lambda numbers: numbers.update(meter=None),
    "grids of nothing": lambda numbers: numbers.update(grids={}),
}


@pytest.mark.parametrize("harm", HARMED.values(), ids=HARMED)
def test_numbers_that_make_no_sense_are_damage(
    side: Side,
    make_store: MakeStore,
    make_planted: Callable[..., Array],
    left: Left,
    harm: Callable[[dict[str, Any]], object],
) -> None:
    clouds = make_planted(6, 90)
    state = found_after(left, side, make_store(clouds))
    harm(state.numbers)  # type: ignore[arg-type]
    store = make_store(clouds)
    learner = begin_again(state, store, None, PLAN, side.backend)
    found = Checkpoints()
    found._parts = {STAGE: state}
    with pytest.raises(EnvironmentFailure, match="the checkpoint is damaged: "):
        learn(learner, store, PLAN, found, side)


def test_a_tensor_that_is_missing_is_damage(
    side: Side, make_store: MakeStore, make_planted: Callable[..., Array], left: Left
) -> None:
    clouds = make_planted(6, 90)
    state = found_after(left, side, make_store(clouds))
    store = make_store(clouds)
    learner = begin_again(state, store, None, PLAN, side.backend)
    found = Checkpoints()
    without = {name: array for name, array in state.shared.items() if name != "steps.soap.0.left.basis"}
    found._parts = {STAGE: replace(state, shared=without)}
    with pytest.raises(EnvironmentFailure, match=r"steps\.soap\.0\.left\.basis is missing, and should be float32 \("):
        learn(learner, store, PLAN, found, side)
