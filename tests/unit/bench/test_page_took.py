"""The trainings that a command needs are those that its search asks for, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from bench_tuning import RATES, Choice
from page_took import best, searched, shown_hours

POINTS = (128, 256, 512)


def cells(errors: dict[Choice, float]) -> dict[Choice, dict[int, dict[str, Any]]]:
    return {choice: {0: {"nem_kd": error}} for choice, error in errors.items()}


def test_a_search_asks_for_the_neighbours_of_where_it_ends() -> None:
    errors = {Choice(points, rate): points * rate for points in POINTS for rate in RATES}  # least at the first corner
    asked = searched(cells(errors), POINTS, "architecture")
    assert Choice(128, RATES[0]) in asked
    assert Choice(256, RATES[2]) in asked
    assert Choice(512, RATES[3]) not in asked
    assert best(cells(errors), asked) == Choice(128, RATES[0])


def test_a_search_that_the_record_has_not_whole_is_none() -> None:
    errors = {Choice(256, RATES[1]): 1.0, Choice(128, RATES[1]): 0.5}
    with pytest.raises(KeyError):
        searched(cells(errors), POINTS, "architecture")


def test_more_seeds_stand_before_a_smaller_error() -> None:
    found = cells({Choice(128, 1e-3): 0.1, Choice(256, 1e-3): 0.2})
    found[Choice(256, 1e-3)][1] = {"nem_kd": 0.3}
    assert best(found, set(found)) == Choice(256, 1e-3)


def test_hours_are_of_training_and_measuring_and_what_has_none_is_told() -> None:
    timed = {"processor_seconds": 3000.0, "measuring_seconds": 600.0}
    assert shown_hours([timed, timed]) == "2, 2.0 h"
    assert shown_hours([timed, {}]) == "2, 1.0 h (1 without)"
