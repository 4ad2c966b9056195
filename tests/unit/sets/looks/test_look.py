"""The look at a whole set: what is told in which state of alignment, and what --strict makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds
from qaadcodec.errors import CloudError
from qaadcodec.progress import Run
from qaadcodec.sets.align import align
from qaadcodec.sets.looks.finding import Finding, named, tell_all
from qaadcodec.sets.looks.look import look
from qaadcodec.sets.sketches import Sketches
from qaadcodec.sets.survey import survey


def kinds(clouds: list[np.ndarray], how: str = "none") -> list[str]:
    run = Run()
    found = survey(find_clouds(clouds), run, skip_bad=False)
    sketches = Sketches(found, run)
    return [finding.kind for finding in look(found, align(found, how, run, sketches), sketches, run)]


def test_a_set_of_one_kind(make_lopsided: Callable[..., Any]) -> None:
    assert kinds([make_lopsided(i) for i in range(6)]) == []
    assert kinds([make_lopsided()]) == []


def test_other_places_are_told_where_they_stay(make_lopsided: Callable[..., Any]) -> None:
    clouds = [make_lopsided(i) + np.random.default_rng(i).uniform(-50, 50, 3) for i in range(6)]
    assert kinds(clouds) == ["places"]
    assert kinds(clouds, "auto") == []


def test_other_units_are_no_other_place(make_lopsided: Callable[..., Any]) -> None:
    clouds = [(make_lopsided(i) + np.array([0.5, 0, 0])) * (1000 if i == 4 else 1) for i in range(6)]
    assert kinds(clouds) == ["units"]
    assert kinds(clouds, "auto") == ["units"]


def test_a_flying_point_is_nothing_else(make_lopsided: Callable[..., Any]) -> None:
    clouds = [make_lopsided(i) for i in range(6)]
    clouds[2][17] = [1e6, 0, 0]
    assert kinds(clouds) == ["flying"]
    assert kinds(clouds, "auto") == ["flying"]


def test_all_at_once(make_lopsided: Callable[..., Any]) -> None:
    clouds = [make_lopsided(i) for i in range(8)]
    clouds[2][17] = [1e6, 0, 0]
    clouds[3] *= 0.01
    clouds[4] += 30
    assert kinds([*clouds, clouds[0]]) == ["units", "flying", "repeated", "places"]


def test_findings_are_warnings_and_errors_where_the_run_is_strict(heard: Any) -> None:
    two = [Finding("units", "one is large", "scale it"), Finding("flying", "one flies", "remove it")]
    tell_all(two, Run(listener=heard))
    assert heard.notices == ["one is large; scale it", "one flies; remove it"]
    assert all(event.warning for event in heard.events)
    heard.events.clear()
    with pytest.raises(CloudError) as caught:
        tell_all(two, Run(listener=heard, strict=True))
    assert (str(caught.value), caught.value.hint) == (
        "one is large",
        "scale it; without --strict it is learnt as it is",
    )
    assert heard.notices == ["one flies; remove it"]
    tell_all([], Run(strict=True))


def test_of_many_names_the_first_few() -> None:
    assert named(["a"]) == "a"
    assert named(["a", "b", "c"]) == "a, b, c"
    assert named(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
