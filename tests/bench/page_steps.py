"""From the paper's recipe to ours, one step at a time: the energy of eq. 17, and the time to the paper's quality."""

from __future__ import annotations

import math
from itertools import pairwise

from page_paper import COLUMNS, SCALE, best
from page_tables import SETS, markdown, record
from table_cells import ARCHITECTURE, Cell, Seeds, by_choice, choice_of, mean, warm_choice_of

PAPER = "+ Reassignment"
STEPS = COLUMNS[COLUMNS.index("+ Greedy") :]
Look = tuple[int, float, float]
"""an epoch, the nEM-kD of a few clouds, and the processor seconds till then"""


def steps() -> str:
    """By step and set: the stretch of near pairs of what is assigned last, and the time to the paper's quality."""
    cells = record("table1")["cells"]
    columns = {name: best(name, cells) for name in SETS}
    rows = []
    for column in STEPS:
        shown = [shown_step(columns[name], column, cells) for name in SETS]
        if any(shown):
            rows.append([column, *shown])
    return markdown(["", *SETS], rows)


def shown_step(columns: dict[str, Seeds], column: str, cells: list[Cell]) -> str:
    """One step on one set: its stretch, and its time to the paper's quality, from where to where it goes by the seed.

    The paper's own is in seconds; that of a step is over it, of the same seed and on the same kind of processor.
    """
    if column not in columns or any(cell.get("stretch") is None for cell in columns[column].values()):
        return ""
    stretch = f"{mean(columns[column], 'stretch'):.2f}"
    ways = []
    for seed, cell in columns[column].items():
        if paper := beside(cell, seed, columns[PAPER], cells):
            curve, whole, error = whole_curve(cell, cells), whole_curve(paper, cells), goal(paper)
            ways.append(
                (time_to(curve, error) / (1 if column == PAPER else time_to(whole, error)), curve[0][1] <= error)
            )
    if not ways:
        return stretch
    at_most = "at most " if any(first for _, first in ways) else ""
    times = [time for time, _ in ways]
    return f"{stretch}, {at_most}{span(times, 's', 0) if column == PAPER else span(times, '×', 2)}"


def beside(cell: Cell, seed: int, paper: Seeds, cells: list[Cell]) -> Cell | None:
    """The newest training of the paper, at the choice that stands for it, of this seed and kind of processor."""
    choice = choice_of(next(iter(paper.values())))
    found = by_choice(cells, cell["set"], PAPER, SCALE, lambda other: processor(other) == processor(cell))
    return found.get(choice, {}).get(seed)


def processor(cell: Cell) -> object:
    """The kind of processor that a cell was trained on: seconds of two kinds do not compare.

    By the name alone, generations of one maker may be taken for each other: what they can do tells them apart.
    """
    return [cell.get("hardware", {}).get(trait) for trait in ("cpu", "native bfloat16")]


def goal(cell: Cell) -> float:
    """The error at the end of the paper's training, of the clouds that curves look at."""
    error: float = cell["curve"][-1][1]
    return error


def whole_curve(cell: Cell, cells: list[Cell]) -> list[Look]:
    """The looks of a training, with the seconds of the warm-up before it.

    What a warm-up takes depends on its points and on the processor alone, so those of the newest one that has the same
    stand for it.
    """
    before = 0.0
    if (warm := warm_choice_of(cell)) is not None:
        points, here = warm.points, processor(cell)
        alike = by_choice(
            *(cells, cell["set"], ARCHITECTURE, SCALE),
            lambda other: (
                "processor_seconds" in other and (choice_of(other).points, processor(other)) == (points, here)
            ),
        )
        trained = [other for seeds in alike.values() for other in seeds.values()]
        before = max(trained, key=cells.index)["processor_seconds"]
    return [(epoch, error, before + seconds) for epoch, error, seconds in cell["curve"]]


def time_to(curve: list[Look], goal: float) -> float:
    """The seconds at which a curve comes to an error, by logarithms between looks; infinite where it never does.

    Where it is there at the first look, these are the seconds of that, which are too many.
    """
    if curve[0][1] <= goal:
        return curve[0][2]
    for (_, high, before), (_, low, after) in pairwise(curve):
        if low <= goal:
            return before + (after - before) * math.log(high / goal) / math.log(high / low)
    return math.inf


def span(times: list[float], unit: str, digits: int) -> str:
    """Times from the least to the most; how often they are infinite is told."""
    reached = sorted(time for time in times if math.isfinite(time))
    if not reached:
        return "never"
    low, high = (f"{time:.{digits}f}" for time in (reached[0], reached[-1]))
    text = f"{low} {unit}" if low == high else f"{low} to {high} {unit}"
    return text if len(reached) == len(times) else f"{text} ({len(reached)} of {len(times)})"
