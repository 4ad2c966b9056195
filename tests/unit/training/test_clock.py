"""The share of the training that is over, and the learning rate that follows it."""

from __future__ import annotations

import math

import pytest

from qaadcodec.training import clock as module
from qaadcodec.training.clock import Clock, rate


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


def test_the_rate_rises_shortly_then_falls_by_half_a_cosine() -> None:
    assert rate(0.0) == 0.0
    assert rate(0.01) == pytest.approx(0.5 * 0.5 * (1 + math.cos(0.01 * math.pi)))
    assert rate(0.02) == pytest.approx(0.999013, abs=1e-6)
    assert rate(0.5) == pytest.approx(0.5)
    assert rate(1.0) == pytest.approx(0.0, abs=1e-12)
    falling = [rate(0.02 + 0.0098 * i) for i in range(101)]
    assert falling == sorted(falling, reverse=True)
    rising = [rate(0.0002 * i) for i in range(100)]
    assert rising == sorted(rising)
