"""The course of a training: how far the error fell in its second half, where there is enough to tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fixtures.training import HOST, SMALL, begun, gathered_around

from qaadcodec.progress import Run
from qaadcodec.training.course import Course
from qaadcodec.training.loop import train


def test_a_course_that_halves_every_fifth() -> None:
    course = Course([(k / 10, 2.0 ** -(k / 2)) for k in range(11)])
    assert course.fell_to == pytest.approx(2.0**-2.5)


def test_halfway_is_half_of_what_was_done() -> None:
    """A run that was stopped at a tenth is measured against its first twentieth."""
    assert Course([(k / 100, float(11 - k)) for k in range(11)]).fell_to == pytest.approx(1 / 6)


def test_few_reports_tell_nothing() -> None:
    assert Course().fell_to is None
    assert Course([(0.5, 1.0), (1.0, 0.5)]).fell_to is None


def test_a_set_without_an_error() -> None:
    assert Course([(k / 10, 0.0) for k in range(11)]).fell_to is None


def test_a_training_tells_its_course(
    make_store: Callable[..., Any], make_planted: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qaadcodec.training.standing.REPORT_SECONDS", 0.0)
    store = make_store(make_planted(4, 200))
    plan = replace(SMALL, training=replace(SMALL.training, epochs=60))
    course = train(begun(store, plan), gathered_around(store), plan, Run(), HOST)
    shares = [share for share, _ in course.reports]
    assert shares[-1] == 1.0
    assert (np.diff(shares) >= 0).all()
    assert len(shares) == 60 * 2 + 1  # a report a step, and the last
    fell_to = course.fell_to
    assert fell_to is not None
    assert 0 < fell_to < 1
