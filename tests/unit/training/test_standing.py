"""A clock that is taken up has the time that is left; passes are taken up in their midst; grids come back."""

from __future__ import annotations

import numpy as np
import pytest
from fixtures.training import SMALL, grids_for

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.progress import Clock, Run
from qaadcodec.training.passes import Passes
from qaadcodec.training.standing import grids_of, numbers_of, spent, take_up
from qaadcodec.work.checkpoints import Checkpoints
from qaadcodec.work.identity import plain
from qaadcodec.work.state import State


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The hand of a clock that stands still."""
    clock = [1000.0]
    monkeypatch.setattr("qaadcodec.progress.run.now", lambda: clock[0])
    monkeypatch.setattr("qaadcodec.training.standing.now", lambda: clock[0])
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    return clock


def test_a_clock_is_taken_up(hand: list[float]) -> None:
    """Of 60 seconds, 15 were used; 40 are left, since reading the inputs again took 5."""
    clock = Clock(100, 60.0, done=7, started=hand[0])
    hand[0] += 15.0
    assert clock.fraction == 0.25
    numbers = plain(spent(clock))
    hand[0] = 5000.0
    other = Clock(100, 40.0, started=hand[0])
    take_up(other, numbers)
    assert (other.done, other.seconds) == (7, 15.0)
    assert other.fraction == 15 / 55
    hand[0] += 40.0
    assert other.fraction == 1.0


def test_a_clock_without_a_budget_goes_by_its_units(hand: list[float]) -> None:
    clock = Clock(100, started=hand[0])
    take_up(clock, {"done": 25, "units": clock.units, "seconds": 1e6})
    assert clock.fraction == 0.25
    assert clock.seconds == 1e6


def test_a_run_that_goes_on_has_the_time_that_was_left(hand: list[float]) -> None:
    checkpoints = Checkpoints()
    run = Run(started=hand[0]).within(75.0)
    hand[0] += 50.0  # that the run had worked when it was killed
    again = Run(started=hand[0]).within(75.0).going_on(checkpoints)
    assert (again.seconds, again.seconds_left) == (50.0, 25.0)
    assert again.budget_seconds == run.budget_seconds == 75.0


def test_passes_are_taken_up_in_their_midst() -> None:
    passes = Passes(np.random.default_rng(3))
    passes.begin(7, 3)
    passes.batch()
    state = State(plain({"passes": passes.numbers()})["passes"], passes.arrays())
    other = Passes(np.random.default_rng(99))
    other.go_on(state)
    for _ in range(2):
        np.testing.assert_array_equal(passes.batch(), other.batch())
    assert passes.over
    assert other.over
    passes.begin(7, 3)
    other.begin(7, 3)
    np.testing.assert_array_equal(passes.batch(), other.batch())
    assert passes.rng.random() == other.rng.random()


def test_a_pass_that_makes_no_sense_is_damage() -> None:
    passes = Passes(np.random.default_rng(3))
    passes.begin(7, 3)
    numbers = passes.numbers()
    for harm in ({"batches": -1}, {"batches": 0}, {"batches": "x"}, {"rng": None}):
        with pytest.raises(EnvironmentFailure, match="the checkpoint is damaged"):
            Passes(np.random.default_rng(3)).go_on(State(numbers | harm, passes.arrays()))


def test_grids_come_back() -> None:
    grids = grids_for(SMALL.network)
    again = grids_of(plain(numbers_of(grids)))
    assert (again.weights, again.input_cloud) == (grids.weights, grids.input_cloud)
    np.testing.assert_array_equal(again.latents, grids.latents)
    assert again.latents.dtype == np.float32
