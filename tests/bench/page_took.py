"""The table of what the trainings of the paper's experiments took: those that each command needs, and no others."""

from __future__ import annotations

from bench_scales import SCALES
from bench_tuning import Choice, descend
from page_paper import COLUMNS, CURVES, PAPER, SCALE
from page_tables import SETS, markdown, record
from table1 import FINALISTS, START, TUNED
from table_cells import Cell, Seeds, of_figure, of_table
from table_columns import ADDITIONS, BY_CHAMFER

POINTS = SCALES[SCALE].tuned


def took() -> str:
    """How many trainings a command needs, and the hours of one core that they and measuring what they came to took."""
    cells = record("table1")["cells"]
    parts = {
        "Table 1, the paper's columns": {name: of_paper(cells, name) for name in SETS},
        "Figure 5": {"skulls": of_curves(cells)},
        "Table 1, our additions": {name: of_additions(cells, name) for name in SETS},
    }
    rows = []
    for part, by_set in parts.items():
        shown = [shown_hours(by_set[name]) if by_set.get(name) else "" for name in SETS]
        rows.append([part, *shown, shown_hours([cell for found in by_set.values() for cell in found])])
    return markdown(["trainings, hours of one core", *SETS, "all"], rows)


def shown_hours(cells: list[Cell]) -> str:
    """Trainings and their hours; how many of them have none, if there are such."""
    timed = [cell for cell in cells if "processor_seconds" in cell]
    hours = sum(cell["processor_seconds"] + cell["measuring_seconds"] for cell in timed) / 3600
    without = f" ({len(cells) - len(timed)} without)" if len(timed) < len(cells) else ""
    return f"{len(cells)}, {hours:.1f} h{without}"


def of_paper(cells: list[Cell], name: str) -> list[Cell]:
    """The cells of a set that `table1` asks for, by going through its search again."""
    needed = []
    for column in COLUMNS[: len(PAPER[name])]:
        found = of_table(cells, name, column, SCALE)
        tried = searched(found, POINTS, column) if column in TUNED else {best(found, set(found))}
        first = sorted(found, key=lambda choice: found[choice].get(0, {}).get("nem_kd", float("inf")))
        final = set(first[:FINALISTS]) if column in BY_CHAMFER else {best(found, tried)}
        needed += [cell for choice in final for cell in found[choice].values()]
        needed += [found[choice][0] for choice in tried - final]
    return needed


def of_curves(cells: list[Cell]) -> list[Cell]:
    """The cells that `figure5` asks for: of every number of points the rates it tries, and the best from all seeds."""
    needed = []
    for column in CURVES:
        found = of_figure(cells, "skulls", column, SCALE)
        for points in POINTS:
            try:
                tried = searched(found, (points,), column)
            except KeyError:  # not trained, or not all of it
                tried = {choice for choice in found if choice.points == points}
            if tried:
                final = best(found, tried)
                needed += list(found[final].values()) + [found[choice][0] for choice in tried - {final}]
    return needed


def of_additions(cells: list[Cell], name: str) -> list[Cell]:
    """The cells of our additions."""
    found = (of_table(cells, name, column, SCALE) for column in ADDITIONS)
    return [cell for choices in found for seeds in choices.values() for cell in seeds.values()]


def searched(found: dict[Choice, Seeds], points: tuple[int, ...], column: str) -> set[Choice]:
    """What a search over so many points asks for, by the first seed."""
    asked: set[Choice] = set()

    def error(choice: Choice) -> float:
        asked.add(choice)
        return float(found[choice][0]["nem_kd"])

    descend(error, points, start=START[column])
    return asked


def best(found: dict[Choice, Seeds], tried: set[Choice]) -> Choice:
    """Of what was tried, the choice with the most seeds, and of these the best by the first."""
    return min(tried, key=lambda choice: (-len(found[choice]), found[choice][0]["nem_kd"]))
