"""The cells of a record of Table 1: those of one column and set together, by what it was tuned over and by seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bench_tuning import Choice

ARCHITECTURE, GREEDY = "architecture", "+ Greedy"
Cell = dict[str, Any]
Seeds = dict[int, Cell]
"""a cell for each seed"""


def choice_of(cell: Cell) -> Choice:
    """The points per step and the rate of a cell."""
    settings = cell["settings"]
    training = settings.get("training", settings)
    return Choice(training["points_per_step"], training["learning_rate"])


def warm_choice_of(cell: Cell) -> Choice | None:
    """Those of the architecture alone that a cell went on from; None if it began anew.

    Cells that do not say at how many points it was trained have the same number.
    """
    settings = cell["settings"]
    if "warm_rate" not in settings:
        return None
    return Choice(settings.get("warm_points", choice_of(cell).points), settings["warm_rate"])


def by_choice(
    cells: Iterable[Cell], name: str, column: str, scale: str, keep: Callable[[Cell], bool] = lambda cell: True
) -> dict[Choice, Seeds]:
    """The cells of a column that are kept; of several with the same choice and seed, the newest."""
    found: dict[Choice, Seeds] = {}
    for cell in cells:
        if (cell["set"], cell["column"], cell["settings"]["scale"]) == (name, column, scale) and keep(cell):
            found.setdefault(choice_of(cell), {})[cell["settings"]["seed"]] = cell
    return found


def chosen(cells: Sequence[Cell], name: str, column: str, scale: str) -> tuple[Choice, Seeds] | None:
    """The choice that stands for a column: of those with the most seeds, that with the least mean nEM-kD."""
    found = of_table(cells, name, column, scale)
    return min(found.items(), key=lambda item: (-len(item[1]), mean(item[1]))) if found else None


def of_table(cells: Sequence[Cell], name: str, column: str, scale: str) -> dict[Choice, Seeds]:
    """The cells of a column in Table 1, by choice.

    Columns that go on from the architecture alone do so from where the newest "+ Greedy" does, which only Table 1 has:
    Figure 5 goes on from others.
    """
    greedy = (cell for cell in reversed(cells) if cell["column"] == GREEDY)
    newest = next((c for c in greedy if (c["set"], c["settings"]["scale"]) == (name, scale)), None)
    warm = warm_choice_of(newest) if newest else None

    def keep(cell: Cell) -> bool:
        start = warm_choice_of(cell)
        return start is None or warm is None or start == warm

    return by_choice(cells, name, column, scale, keep)


def of_figure(cells: Sequence[Cell], name: str, column: str, scale: str) -> dict[Choice, Seeds]:
    """The cells of a column in Figure 5, by choice: what goes on from another training does so at as many points."""

    def keep(cell: Cell) -> bool:
        start = warm_choice_of(cell)
        return start is None or start.points == choice_of(cell).points

    return by_choice(cells, name, column, scale, keep)


def curve(cells: Sequence[Cell], name: str, column: str, scale: str) -> dict[int, tuple[Choice, Seeds]]:
    """By points per step, the rate with the most seeds, and of these the best; all of a training at so many points."""

    found = of_figure(cells, name, column, scale)
    best: dict[int, tuple[Choice, Seeds]] = {}
    for choice, seeds in sorted(found.items(), key=lambda item: (-len(item[1]), mean(item[1]))):
        best.setdefault(choice.points, (choice, seeds))
    return dict(sorted(best.items()))


def mean(seeds: Seeds, value: str = "nem_kd") -> float:
    """The mean of a value over seeds."""
    return sum(cell[value] for cell in seeds.values()) / len(seeds)


def spread(seeds: Seeds) -> str:
    """The nEM-kD over seeds: its mean, and from where to where they go if there are several."""
    errors = [100 * cell["nem_kd"] for cell in seeds.values()]
    middle = f"{sum(errors) / len(errors):.3f} %"
    return middle if len(errors) == 1 else f"{middle} ({min(errors):.3f} to {max(errors):.3f})"
