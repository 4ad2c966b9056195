"""The search over points per step and rates, and which cells of a record stand for a column."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import torch
from bench_record import Record
from bench_scales import SCALES
from bench_tuning import Choice, descend
from table1 import Table
from table_cells import by_choice, chosen, mean, spread, warm_choice_of

POINTS, RATES = (128, 256, 512, 1024, 2048), (1.0, 2.0, 4.0)


def test_the_search_ends_where_no_neighbour_is_better() -> None:
    asked: list[Choice] = []

    def error(choice: Choice) -> float:
        asked.append(choice)
        return abs(POINTS.index(choice.points) - 0) + abs(RATES.index(choice.rate) - 2)

    assert descend(error, POINTS, RATES) == Choice(128, 4.0)
    assert asked[0] == Choice(512, 4.0)  # the third of both
    assert len(set(asked)) < len(POINTS) * len(RATES)


def test_more_points_have_to_be_worth_it() -> None:
    assert descend(lambda choice: 1.04 - 0.01 * POINTS.index(choice.points), POINTS, RATES) == Choice(512, 4.0)
    assert descend(lambda choice: 1.0 + 0.01 * POINTS.index(choice.points), POINTS, RATES) == Choice(128, 4.0)
    assert descend(lambda choice: 1.0 + 0.01 * choice.rate, POINTS, RATES) == Choice(512, 1.0)
    assert descend(lambda choice: 1.4 - 0.1 * POINTS.index(choice.points), POINTS, RATES) == Choice(2048, 4.0)


def test_the_search_stays_where_it_is_best_already() -> None:
    assert descend(lambda choice: 0.0, POINTS, RATES, start=(1, 1)) == Choice(256, 2.0)
    assert descend(lambda choice: choice.rate, [256], RATES) == Choice(256, 1.0)


def cell(points: int, rate: float, seed: int, nem_kd: float, **more: Any) -> dict[str, Any]:
    settings = {"scale": "small", "seed": seed, "points_per_step": points, "learning_rate": rate, **more}
    return {"set": "skulls", "column": "AtlasNetV2", "nem_kd": nem_kd, "settings": settings}


def test_the_choice_with_the_most_seeds_stands_for_a_column() -> None:
    cells = [cell(256, 1e-3, seed, error) for seed, error in enumerate((0.02, 0.01, 0.03))] + [
        cell(128, 1e-3, 0, 0.001)
    ]
    choice, seeds = chosen(cells, "skulls", "AtlasNetV2", "small") or pytest.fail("none")
    assert choice == Choice(256, 1e-3)
    assert mean(seeds) == pytest.approx(0.02)
    assert spread(seeds) == "2.000 % (1.000 to 3.000)"
    assert spread({0: cells[0]}) == "2.000 %"
    assert chosen(cells, "bodies", "AtlasNetV2", "small") is None


def test_of_single_seeds_the_least_error_stands() -> None:
    cells = [cell(256, 1e-3, 0, 0.02), cell(128, 5e-4, 0, 0.01), cell(64, 5e-4, 0, 0.015)]
    choice, _ = chosen(cells, "skulls", "AtlasNetV2", "small") or pytest.fail("none")
    assert choice == Choice(128, 5e-4)


def test_the_newest_of_equal_cells_counts() -> None:
    found = by_choice([cell(256, 1e-3, 0, 0.02), cell(256, 1e-3, 0, 0.01)], "skulls", "AtlasNetV2", "small")
    assert found[Choice(256, 1e-3)][0]["nem_kd"] == 0.01


def test_cells_of_our_training_have_their_numbers_among_the_settings_of_the_training() -> None:
    ours = cell(
        0, 0.0, 1, 0.01, training={"points_per_step": 512, "learning_rate": 2e-3}, warm_points=128, warm_rate=5e-4
    )
    assert list(by_choice([ours], "skulls", "AtlasNetV2", "small")) == [Choice(512, 2e-3)]
    assert warm_choice_of(ours) == Choice(128, 5e-4)
    assert warm_choice_of(cell(128, 1e-3, 0, 0.1)) is None


def test_what_went_on_from_where_greedy_did_stands_for_a_column() -> None:
    """Figure 5 has columns that went on from elsewhere, at the same points and rate."""

    def ours(column: str, warm: int, nem_kd: float) -> dict[str, Any]:
        return cell(512, 1e-3, 0, nem_kd, warm_points=warm, warm_rate=5e-4) | {"column": column}

    cells = [ours("+ Greedy", 256, 0.01), ours("+ Reassignment", 256, 0.03), ours("+ Reassignment", 512, 0.02)]
    _, seeds = chosen(cells, "skulls", "+ Reassignment", "small") or pytest.fail("none")
    assert [found["nem_kd"] for found in seeds.values()] == [0.03]
    _, seeds = chosen(cells[1:], "skulls", "+ Reassignment", "small") or pytest.fail("none")
    assert [found["nem_kd"] for found in seeds.values()] == [0.02]


class Played(Table):
    """A table whose trainings have known ends."""

    ends: ClassVar[dict[tuple[Choice, int], float]] = {}

    def cell(self, column: str, choice: Choice, seed: int) -> dict[str, Any]:
        found = cell(choice.points, choice.rate, seed, self.ends[choice, seed], source="T1")
        if found not in self.record.cells:
            self.record.cells.append(found)
        return found


def test_all_seeds_decide_between_the_best_of_the_first() -> None:
    choices = [Choice(points, rate) for points in (128, 256) for rate in (5e-4, 1e-3)]
    firsts, others = (0.020, 0.010, 0.012, 0.013), (0.001, 0.050, 0.014, 0.020)
    Played.ends = {(choice, 0): error for choice, error in zip(choices, firsts, strict=True)}
    Played.ends |= {(choice, seed): error for choice, error in zip(choices, others, strict=True) for seed in (1, 2)}
    clouds: Any = SimpleNamespace(name="skulls", source="T1")
    table = Played(clouds, SCALES["small"], Record(None), torch.device("cpu"), [0, 1, 2], tune=True)
    for choice in choices:
        table.cell("AtlasNetV2", choice, 0)
    table.record.cells.append(cell(512, 5e-4, 0, 0.0, source="synth"))  # of other clouds
    assert table.best_of_all_seeds("AtlasNetV2") == Choice(256, 5e-4)  # not what the first seed has best
    assert cell(128, 5e-4, 1, 0.001, source="T1") not in table.record.cells  # no finalist
