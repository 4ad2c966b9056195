"""The learning rate in the course of a training."""

from __future__ import annotations

import math

import pytest

from qaadcodec.training.schedule import learning_rate_factor


def test_the_rate_rises_shortly_then_falls_by_half_a_cosine() -> None:
    assert learning_rate_factor(0.0) == 0.0
    assert learning_rate_factor(0.01) == pytest.approx(0.5 * 0.5 * (1 + math.cos(0.01 * math.pi)))
    assert learning_rate_factor(0.02) == pytest.approx(0.999013, abs=1e-6)
    assert learning_rate_factor(0.5) == pytest.approx(0.5)
    assert learning_rate_factor(1.0) == pytest.approx(0.0, abs=1e-12)
    falling = [learning_rate_factor(0.02 + 0.0098 * i) for i in range(101)]
    assert falling == sorted(falling, reverse=True)
    rising = [learning_rate_factor(0.0002 * i) for i in range(100)]
    assert rising == sorted(rising)
