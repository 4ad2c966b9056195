"""Learning a gathered set: what is told before, and how much time there is for what."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from fixtures.training import SMALL, gathered_around

from qaadcodec.progress import LEAST_SECONDS, Notice, PhaseStarted, Planned, Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training import learn as learn_module
from qaadcodec.training.learn import FINISHING_SECONDS, FINISHING_SHARE, learn, time_for_training

Array = npt.NDArray[np.float32]


def test_notes_and_warnings_of_the_plan_are_told_before_anything_is_done(
    make_store: Callable[[Array], TargetStore], make_planted: Callable[..., Array], heard: Any
) -> None:
    plan = replace(SMALL, notes=("3 patches instead of 4",), warnings=("too many numbers",))
    learned = learn(gathered_around(make_store(make_planted(4, 80))), plan, Run(listener=heard, device="cpu"))
    assert heard.events[:4] == [
        Planned(plan),
        Notice("3 patches instead of 4"),
        Notice("too many numbers", warning=True),
        PhaseStarted("assigning", 4, "clouds"),
    ]
    assert len(heard.notices) == 2
    assert learned.plan is plan
    assert learned.encoded.header.epochs == 10


def test_of_a_budget_some_is_kept_for_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    run = Run().within(200.0)
    now[0] = 150.0
    training = time_for_training(run)
    assert training.started == 150.0
    assert training.budget_seconds == pytest.approx(150.0 - FINISHING_SECONDS - FINISHING_SHARE * 200.0)
    now[0] = 299.0
    assert time_for_training(run).budget_seconds == pytest.approx(LEAST_SECONDS)
    free = Run()
    assert time_for_training(free) is free


def test_training_gets_the_time_without_what_is_kept_for_the_end(
    make_store: Callable[[Array], TargetStore], make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    budgets: list[float] = []

    def train(learner: Any, gathered: Any, plan: Any, run: Run, *rest: Any) -> None:
        assert run.deadline is not None
        budgets.append(run.deadline)

    monkeypatch.setattr(learn_module, "train", train)
    run = Run(device="cpu").within(1000.0)
    learn(gathered_around(make_store(make_planted(4, 80))), SMALL, run)
    assert run.deadline is not None
    assert budgets == [pytest.approx(run.deadline - FINISHING_SECONDS - FINISHING_SHARE * 1000.0)]
