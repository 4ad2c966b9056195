"""The search over points per step and rates, and which cells of a record stand for a column."""

from __future__ import annotations

from typing import Any

import pytest
from bench_tuning import Choice, descend
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
