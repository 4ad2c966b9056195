"""Time to quality: seconds by a learning curve, with those of the warm-up before it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from page_steps import shown_step, span, time_to, whole_curve

CURVE = [(10, 0.04, 5.0), (20, 0.01, 9.0), (30, 0.02, 14.0), (40, 0.005, 20.0)]


def test_between_two_looks_errors_fall_evenly_in_logarithms() -> None:
    assert time_to(CURVE, 0.02) == pytest.approx(7.0)
    assert time_to(CURVE, 0.01) == pytest.approx(9.0)
    assert time_to(CURVE, 0.0075) == pytest.approx(14 + 6 * math.log(0.02 / 0.0075) / math.log(4))


def test_what_is_good_at_the_first_look_took_its_time_at_most() -> None:
    assert time_to(CURVE, 0.05) == 5.0


def test_an_error_that_is_never_reached_takes_for_ever() -> None:
    assert time_to(CURVE, 0.004) == math.inf


def test_seconds_are_told_from_the_least_to_the_most() -> None:
    assert span([12.2, 9.8, 11.0]) == "10 to 12 s"
    assert span([9.8, 10.2]) == "10 s"
    assert span([9.8, math.inf, 12.0]) == "10 to 12 s (2 of 3)"
    assert span([math.inf]) == "never"


def test_the_newest_warm_up_of_as_many_points_counts() -> None:
    def cell(column: str, seed: int, points: int = 256, **more: Any) -> dict[str, Any]:
        settings = {"scale": "small", "seed": seed, "points_per_step": points, "learning_rate": 5e-4}
        return {"set": "skulls", "column": column, "settings": settings | more, "curve": CURVE}

    cells = [cell("architecture", 0) | {"processor_seconds": 100.0}]
    cells += [cell("architecture", 1) | {"processor_seconds": 200.0}]
    cells += [cell("architecture", 1, 512) | {"processor_seconds": 300.0}]
    warm = cell("+ Reassignment", 1, warm_points=256, warm_rate=5e-4)
    assert [seconds for *_, seconds in whole_curve(warm, cells)] == [205.0, 209.0, 214.0, 220.0]
    assert whole_curve(cell("+ FiLM", 1), cells) == CURVE


def test_seconds_stand_only_beside_those_of_the_same_kind_of_processor() -> None:
    def cell(seed: int, cpu: str) -> dict[str, Any]:
        return {"curve": CURVE, "stretch": 2.0 + seed, "settings": {}, "hardware": {"cpu": cpu}}

    columns = {"+ Reassignment": {0: cell(0, "fast"), 1: cell(1, "slow")}, "+ FiLM": {0: cell(0, "slow")}}
    assert shown_step(columns, "+ Reassignment", []) == "2.50, 20 s"
    assert shown_step(columns, "+ FiLM", []) == "2.00"
    columns["+ FiLM"][1] = cell(1, "slow")
    assert shown_step(columns, "+ FiLM", []) == "2.50, 20 s"
    columns["+ FiLM"][1]["hardware"]["native bfloat16"] = True  # one name, another generation
    assert shown_step(columns, "+ FiLM", []) == "2.50"


def test_what_is_good_at_the_first_look_is_said_to_take_that_at_most() -> None:
    def cell(*errors: float) -> dict[str, Any]:
        looks = [(i, error, 10.0 * (i + 1)) for i, error in enumerate(errors)]
        return {"curve": looks, "stretch": 2.0, "settings": {}}

    columns = {
        "+ Reassignment": {0: cell(0.03, 0.02)},
        "+ FiLM": {0: cell(0.02, 0.01)},
        "+ SOAP": {0: cell(0.04, 0.01)},
    }
    assert shown_step(columns, "+ FiLM", []) == "2.00, at most 10 s"
    assert shown_step(columns, "+ SOAP", []) == "2.00, 15 s"
