"""The share of a piece of work that is over, what travels with it, and what its phases say."""

from __future__ import annotations

import threading
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from qaadcodec.errors import UsageError
from qaadcodec.progress import (
    LEAST_SECONDS,
    Clock,
    Notice,
    PhaseEnded,
    PhaseStarted,
    Progress,
    Run,
    StopRequest,
    ignore,
)
from qaadcodec.progress import run as module


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still until `now[0]` is set."""
    time = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: time[0])
    return time


def test_without_a_budget_units_alone_count(now: list[float]) -> None:
    clock = Clock(8)
    assert (clock.fraction, clock.eta_seconds, clock.seconds) == (0.0, None, 0.0)
    now[0] = 103.0
    clock.done = 2
    assert (clock.fraction, clock.eta_seconds, clock.seconds) == (0.25, 9.0, 3.0)
    now[0] = 1e6
    assert clock.fraction == 0.25
    clock.done = 9
    assert clock.fraction == 1.0


def test_with_a_budget_the_larger_share_counts(now: list[float]) -> None:
    clock = Clock(10, 20.0)
    now[0] = 105.0
    clock.done = 1
    assert clock.fraction == 0.25
    assert clock.eta_seconds == 15.0
    clock.done = 5
    assert clock.fraction == 0.5
    now[0] = 121.0
    assert clock.fraction == 1.0
    assert clock.eta_seconds == 0.0


def test_a_stop_can_be_asked_for_in_another_thread() -> None:
    stop = StopRequest()
    assert not stop
    other = threading.Thread(target=stop.set)
    other.start()
    other.join()
    assert stop
    stop.set()
    assert stop


def test_a_run_has_no_limit_and_nobody_listens_unless_it_is_said(now: list[float]) -> None:
    run = Run()
    assert (run.listener, run.device, run.seed) == (ignore, "auto", 0)
    assert not run.stop
    now[0] = 1e6
    assert run.seconds == 1e6 - 100.0
    assert (run.deadline, run.budget_seconds, run.seconds_left, run.is_late) == (None, None, None, False)
    assert run.share(0.5) is None
    assert Run().stop is not run.stop
    with pytest.raises(FrozenInstanceError):
        run.seed = 1  # type: ignore[misc]


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_that_no_archive_holds_is_refused_at_once(seed: int) -> None:
    with pytest.raises(UsageError) as caught:
        Run(seed=seed)
    assert str(caught.value) == f"seed is {seed}, and must be from 0 to 2^63 - 1"
    assert Run(seed=2**63 - 1).within(1.0).seed == 2**63 - 1


def test_a_time_limit_counts_from_when_it_is_set(now: list[float], heard: Any) -> None:
    run = Run(listener=heard, device="cpu", seed=7)
    now[0] = 130.0
    within = run.within(40.0)
    assert (within.listener, within.device, within.seed) == (heard, "cpu", 7)
    assert within.stop is run.stop
    assert (within.started, within.deadline) == (130.0, 170.0)
    now[0] = 140.0
    assert (within.seconds, within.budget_seconds, within.seconds_left) == (10.0, 40.0, 30.0)
    assert within.share(0.4) == pytest.approx(12.0)
    assert not within.is_late
    now[0] = 170.0
    assert within.is_late
    now[0] = 175.0
    assert within.seconds_left == -5.0
    assert within.share(0.4) == LEAST_SECONDS
    assert within.within(None).deadline is None
    assert within.within(None).started == 175.0


@pytest.mark.parametrize("seconds", [0.0, -3.0])
def test_no_time_at_all_is_a_moment(now: list[float], seconds: float) -> None:
    """Zero would mean no limit to a clock."""
    run = Run().within(seconds)
    assert run.budget_seconds == pytest.approx(LEAST_SECONDS)
    assert not run.is_late
    now[0] += 2 * LEAST_SECONDS
    assert run.is_late
    assert Clock(10, run.budget_seconds, started=run.started).fraction == 1.0


def test_notes_and_warnings_reach_the_listener(heard: Any) -> None:
    run = Run(listener=heard)
    run.note("2 clouds are resampled")
    run.warn("a cloud was skipped")
    assert heard.events == [Notice("2 clouds are resampled"), Notice("a cloud was skipped", warning=True)]


def test_a_phase_says_its_start_what_it_reaches_and_its_end(now: list[float], heard: Any) -> None:
    with Run(listener=heard).phase("reading", 4, "clouds") as phase:
        assert heard.events == [PhaseStarted("reading", 4, "clouds")]
        now[0] = 101.0
        phase.advance()
        now[0] = 103.0
        phase.reach(3)
        phase.advance()
    assert heard.events[1:] == [
        Progress("reading", 1, 0.25, eta_seconds=3.0),
        Progress("reading", 3, 0.75, eta_seconds=1.0),
        Progress("reading", 4, 1.0, eta_seconds=0.0),
        PhaseEnded("reading", 3.0),
    ]


def test_a_phase_that_fails_has_no_end(heard: Any) -> None:
    def fail() -> None:
        with Run(listener=heard).phase("reading", 2, "clouds") as phase:
            phase.advance()
            _ = 1 // 0

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [type(event) for event in heard.events] == [PhaseStarted, Progress]


def test_a_phase_may_report_by_a_clock_of_the_works_own(now: list[float], heard: Any) -> None:
    """Steps and a budget say how far a training is, in epochs."""
    with Run(listener=heard).phase("training", 10, "epochs") as phase:
        now[0] = 150.0
        clock = Clock(1000, 20.0, done=300)
        now[0] = 155.0
        phase.report(3, clock, throughput=2e6, matched_error=0.04)
        phase.report(3, clock)
    assert heard.events[1:3] == [
        Progress("training", 3, 0.3, throughput=2e6, matched_error=0.04, eta_seconds=pytest.approx(35.0 / 3)),
        Progress("training", 3, 0.3, eta_seconds=pytest.approx(35.0 / 3)),
    ]
    assert heard.events[3] == PhaseEnded("training", 55.0)
    assert phase.clock.done == 0  # its own clock is of epochs, and was not asked
