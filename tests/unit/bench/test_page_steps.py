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


def test_times_are_told_from_the_least_to_the_most() -> None:
    assert span([12.2, 9.8, 11.0], "s", 0) == "10 to 12 s"
    assert span([9.8, 10.2], "s", 0) == "10 s"
    assert span([0.098, math.inf, 0.12], "×", 2) == "0.10 to 0.12 × (2 of 3)"
    assert span([math.inf], "×", 2) == "never"


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


def trained(column: str, seed: int, cpu: str, *errors: float, seconds: float = 10.0) -> dict[str, Any]:
    looks = [(i, error, seconds * (i + 1)) for i, error in enumerate(errors)]
    settings = {"scale": "small", "seed": seed, "points_per_step": 256, "learning_rate": 1e-3}
    cell = {"set": "skulls", "column": column, "settings": settings, "curve": looks, "stretch": 2.0 + seed}
    return cell | {"hardware": {"cpu": cpu}}


def test_times_are_over_the_papers_on_the_same_kind_of_processor() -> None:
    fast, slow = (
        trained("+ Reassignment", 0, cpu, 0.03, 0.02, seconds=s) for cpu, s in (("fast", 10.0), ("slow", 25.0))
    )
    step = trained("+ FiLM", 0, "slow", 0.04, 0.01)
    columns = {"+ Reassignment": {0: fast}, "+ FiLM": {0: step}}
    assert shown_step(columns, "+ Reassignment", [fast]) == "2.00, 20 s"
    assert shown_step(columns, "+ FiLM", [fast]) == "2.00"  # nothing to compare with
    assert shown_step(columns, "+ FiLM", [slow, fast]) == "2.00, 0.30 ×"  # 15 s of 50, though the table has the other
    assert shown_step(columns, "+ FiLM", [slow | {"hardware": {"cpu": "slow", "native bfloat16": True}}]) == "2.00"
    other = slow | {"settings": slow["settings"] | {"learning_rate": 5e-4}}  # another choice than the table's
    assert shown_step(columns, "+ FiLM", [other]) == "2.00"


def test_every_seed_has_its_own_goal() -> None:
    papers = [trained("+ Reassignment", seed, "fast", 0.03, 0.02 / (seed + 1)) for seed in (0, 1)]
    steps = {seed: trained("+ FiLM", seed, "fast", 0.04, 0.01) for seed in (0, 1)}
    columns = {"+ Reassignment": dict(enumerate(papers)), "+ FiLM": steps}
    assert shown_step(columns, "+ FiLM", papers) == "2.50, 0.75 to 1.00 ×"


def test_what_is_good_at_the_first_look_is_said_to_take_that_at_most() -> None:
    paper = trained("+ Reassignment", 0, "fast", 0.03, 0.02)
    columns = {"+ Reassignment": {0: paper}, "+ FiLM": {0: trained("+ FiLM", 0, "fast", 0.02, 0.01)}}
    assert shown_step(columns, "+ FiLM", [paper]) == "2.00, at most 0.50 ×"
