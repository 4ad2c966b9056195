"""The share of a piece of work that is over."""

from __future__ import annotations

import pytest

from qaadcodec import progress as module
from qaadcodec.progress import Clock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still until `now[0]` is set."""
    time = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: time[0])
    return time


def test_without_a_budget_steps_alone_count(now: list[float]) -> None:
    clock = Clock(8, None)
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
