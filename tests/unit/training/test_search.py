"""Growing until an error is reached: which qualities are learnt, for how long, and what is said."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from qaadcodec.config import Plan, Request, plan
from qaadcodec.metrics.sampled import SampledError
from qaadcodec.progress import Notice, Outlook, Run, StopRequest
from qaadcodec.ranks.part import Part
from qaadcodec.training import search as module
from qaadcodec.training.course import Course
from qaadcodec.training.likeness import Likeness
from qaadcodec.training.search import QUALITIES, search

CLOUDS, POINTS = 20, 1000
GATHERED: Any = SimpleNamespace(
    store=SimpleNamespace(points=np.zeros((CLOUDS, POINTS, 3), np.float32), part=Part(CLOUDS))
)

# What a checkpoint has of the best result, besides its error.
KEPT: dict[str, Any] = {"encoded": b"the archive", "likeness": Likeness(), "course": Course()}


@dataclass
class Learning:
    """In place of `learn`: what it was asked for, and an error that halves from call to call."""

    after: Callable[[], None] = lambda: None
    plans: list[Plan] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    registered: list[Any] = field(default_factory=list)

    def __call__(self, gathered: Any, plan: Plan, run: Run, registered: Any) -> Any:
        assert gathered is GATHERED
        self.registered.append(registered)
        self.plans.append(plan)
        self.runs.append(run)
        self.after()
        em_kd = 0.8 * 0.5 ** len(self.plans)
        return SimpleNamespace(error=SampledError(em_kd, 10 * em_kd, 8), plan=plan, turn=len(self.plans), **KEPT)

    @property
    def qualities(self) -> list[float | None]:
        return [plan.quality for plan in self.plans]


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch) -> Learning:
    taken = Learning()
    monkeypatch.setattr(module, "learn", taken)
    return taken


def wanting(metric: str, error: float) -> Request:
    return Request(latent_size=7, target_error=(metric, error))


@pytest.mark.parametrize(
    ("metric", "wanted", "turns"),
    [("em_kd", 0.5, 1), ("em_kd", 0.4, 1), ("em_kd", 0.2, 2), ("em_kd", 0.11, 3), ("n_em_kd", 2.0, 2)],
)
def test_the_first_quality_that_reaches_it_is_the_last(
    learning: Learning, heard: Any, metric: str, wanted: float, turns: int
) -> None:
    learned: Any = search(GATHERED, wanting(metric, wanted), Run(listener=heard, device="cpu", seed=5))
    assert learning.qualities == list(QUALITIES[:turns])
    assert learned.turn == turns
    assert learned.plan is learning.plans[-1]
    for made, quality in zip(learning.plans, QUALITIES, strict=False):
        assert made == plan(Request(latent_size=7, quality=quality), CLOUDS, POINTS)
    for run in learning.runs:
        assert (run.deadline, run.device, run.seed) == (None, "cpu", 5)
    factor = 1 if metric == "em_kd" else 10
    assert heard.events[1:] == [
        Notice(f"quality {QUALITIES[i]:g}: {metric} {0.4 * factor / 2**i:.4g}, {wanted:g} is wanted: going on")
        for i in range(turns - 1)
    ]


def test_an_error_that_none_reaches_is_warned_of(learning: Learning, heard: Any) -> None:
    learned: Any = search(GATHERED, wanting("em_kd", 1e-3), Run(listener=heard))
    assert learning.qualities == list(QUALITIES)
    assert learned.turn == len(QUALITIES)
    assert heard.events[-1] == Notice("quality 100: em_kd 0.05, 0.001 is wanted; it was not reached", warning=True)
    assert [event.warning for event in heard.events[1:]] == [False, False, False, True]


def test_all_qualities_are_expected_and_may_not_be_needed(learning: Learning, heard: Any) -> None:
    search(GATHERED, wanting("em_kd", 0.5), Run(listener=heard, device="cpu"))
    outlook = heard.events[0]
    assert isinstance(outlook, Outlook)
    assert outlook.at_most
    assert [name for name, _ in outlook.phases] == ["assigning", "training", "measuring"] * len(QUALITIES)


def test_what_holds_at_every_quality_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    few: Any = SimpleNamespace(store=SimpleNamespace(points=np.zeros((CLOUDS, 30, 3), np.float32), part=Part(CLOUDS)))
    plans: list[Plan] = []

    def learn(gathered: Any, plan: Plan, run: Run, registered: Any) -> Any:
        plans.append(plan)
        return SimpleNamespace(error=SampledError(1.0, 1.0, 8), **KEPT)

    monkeypatch.setattr(module, "learn", learn)
    search(few, Request(patches=50, target_error=("em_kd", 1e-3)), Run())
    told = [made.notes for made in plans]
    assert told == [("30 patches instead of 50: there are no more points",), (), (), ()]
    for made, quality in zip(plans, QUALITIES, strict=True):
        whole = plan(Request(patches=50, quality=quality), CLOUDS, 30)
        assert replace(made, notes=whole.notes) == whole


def test_the_best_is_kept_where_more_bytes_made_it_worse(learning: Learning, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = iter((0.4, 0.1, 0.3, 0.2))

    def learn(gathered: Any, plan: Plan, run: Run, registered: Any) -> Any:
        learned = learning(gathered, plan, run, registered)
        learned.error = SampledError(next(errors), 1.0, 8)
        return learned

    monkeypatch.setattr(module, "learn", learn)
    learned: Any = search(GATHERED, wanting("em_kd", 1e-3), Run())
    assert learned.turn == 2
    assert learned.plan.quality == QUALITIES[1]


def test_a_stop_keeps_what_there_is(learning: Learning, heard: Any) -> None:
    stop = StopRequest()
    learning.after = lambda: stop.set() if len(learning.plans) == 2 else None
    learned: Any = search(GATHERED, wanting("em_kd", 1e-3), Run(listener=heard, stop=stop))
    assert learned.turn == 2
    assert all(run.stop is stop for run in learning.runs)
    assert heard.notices[-1] == "quality 45: em_kd 0.2, 0.001 is wanted; it was not reached"


def test_a_budget_is_shared(learning: Learning, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each quality may take its part of what is left: what one does not need is for the others."""
    now = [100.0]
    took = iter((25.0, 5.0, 35.0, 35.0))

    def work() -> None:
        now[0] += next(took)

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    learning.after = work
    search(GATHERED, wanting("em_kd", 1e-3), Run().within(100.0))
    assert [run.budget_seconds for run in learning.runs] == [25.0, 25.0, 35.0, 35.0]
    assert [run.deadline for run in learning.runs] == [125.0, 150.0, 165.0, 200.0]


def test_a_budget_that_is_over_is_no_error(learning: Learning, heard: Any) -> None:
    """Reading the clouds took all of it: one quality is learnt as well as nothing allows, and that is the end."""
    late = Run(listener=heard, deadline=time.monotonic() - 5.0)
    learned: Any = search(GATHERED, wanting("em_kd", 1e-3), late)
    assert learning.qualities == [QUALITIES[0]]
    assert 0 < (learning.runs[0].budget_seconds or 0) < 0.01
    assert learned.turn == 1
    assert heard.notices == ["quality 20: em_kd 0.4, 0.001 is wanted; it was not reached"]


def test_a_set_is_registered_once_for_all_qualities(learning: Learning, monkeypatch: pytest.MonkeyPatch) -> None:
    found = object()
    registering = Mock(return_value=nullcontext(found))
    monkeypatch.setattr(module, "register", registering)
    search(GATHERED, wanting("em_kd", 0.11), Run(), 0.5)
    assert learning.registered == [found] * 3
    assert registering.call_count == 1
    assert all(made.assignment.registration for made in learning.plans)
