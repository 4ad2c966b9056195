"""Table 1 of the paper (section 4.3), and our additions one at a time after it.

    bin/bench table1                                        # sets made by qaad's own synth; a table
    bin/bench table1 --data DIR --json FILE --pictures DIR  # DIR/skulls, DIR/bodies, DIR/faces hold PLY files
    bin/bench table1 --columns additions …                  # what is not in the paper, but for the default preset
    bin/bench table1 --scale paper --untuned --device cuda …  # the paper's sizes, epochs, points per step and rate

Columns are tuned on the first seed: a search over points per step and learning rates, from about where an earlier one
ended until no neighbour on the grid is better, more points by a twentieth, each training to the end. By the Chamfer
distance alone, errors move much from seed to seed: there the three best by the first seed are trained from all seeds,
and the least mean stands for the column. "convergence" and the additions take the points per step of "+ Reassignment",
and MSE has the first seed only. The clouds are the same for all seeds.

On the CPU, trainings go side by side, each on a core of its own, where there is a FILE that tells them of each other.
Each finished cell is added to FILE at once, and is not trained again when FILE already has it with the same settings,
so that what was stopped goes on where it was. nEM-kD is EM-kD over the variance of the cloud, averaged over clouds, so
that it compares with the paper's table divided by its own MSE column. Weights are measured as trained, float32 and not
quantised, as in the paper.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from bench_jobs import parsed, side_by_side
from bench_record import Record
from bench_scales import SCALES, Scale
from bench_sets import BenchSet, known_sets, load_set
from bench_tuning import Choice, descend
from chamfer_runs import Trained
from point_pictures import keep_clouds, paint_all
from table_cells import ARCHITECTURE, GREEDY, Seeds, by_choice, choice_of, mean, spread
from table_columns import (
    ADDITIONS,
    ATLASNET,
    BY_CHAMFER,
    CONVERGENCE,
    DEFAULT,
    DEFORMING,
    MSE,
    PAPER_COLUMNS,
    REASSIGNMENT,
    WARM,
    WIDE,
    Runs,
    add_cell,
)

PAPER_RATE = 1e-3
TUNED = (ATLASNET, DEFORMING, ARCHITECTURE, GREEDY, REASSIGNMENT)
START = dict.fromkeys((ATLASNET, DEFORMING, ARCHITECTURE), (1, 1)) | dict.fromkeys((GREEDY, REASSIGNMENT), (2, 2))
"""where the search begins on the grid: few points and a low rate for what learns by the Chamfer distance"""
FINALISTS = 3
"""choices of a column that learns by the Chamfer distance, which all seeds decide between"""
AS_REASSIGNMENT = (CONVERGENCE, *ADDITIONS)  # the same recipe for longer, or with something added
PAPER = {  # EM-kD as printed, of MSE, AtlasNetV2 and the four columns after it
    "skulls": (419.230, 30.681, 24.004, 18.312, 10.481, 6.708),
    "bodies": (0.187, 0.076, 0.023, 0.015, 0.011, 0.010),
    "faces": (2448.076, 200.083, 139.230, 74.893, 47.593, 18.554),
}
PRINTED = (MSE, DEFORMING, ARCHITECTURE, GREEDY, REASSIGNMENT, CONVERGENCE)


@dataclass
class Table:
    """The columns of one set: searched, and trained from every seed."""

    clouds: BenchSet
    scale: Scale
    record: Record
    device: torch.device
    seeds: list[int]
    """the first one tunes"""
    tune: bool
    """or all columns at the paper's points per step and rate"""
    warm: Choice | None = None
    """of the architecture alone, from which the columns in WARM go on; None for its best by the first seed"""
    _runs: dict[tuple[int, Choice | None], Runs] = field(default_factory=dict)
    _trained: dict[int, dict[Choice, Trained]] = field(default_factory=dict)
    """the architecture alone of every seed, as far as it was trained here"""

    def cell(self, column: str, choice: Choice, seed: int) -> dict[str, Any]:
        """One cell, trained if the record has it not."""
        runs = self.runs(column, seed)
        settings, _ = runs.columns(choice)[column]
        if (found := self.record.find(runs.name, column, settings)) is None:
            add_cell(self.record, runs, column, choice)
            found = self.record.find(runs.name, column, settings)
        assert found is not None
        return found

    def runs(self, column: str, seed: int) -> Runs:
        """The trainings of a seed; columns that go on from the architecture alone ask for its best choice first."""
        warm = self.warm or self.start if column in WARM else self.published
        if (seed, warm) not in self._runs:
            trained = self._trained.setdefault(seed, {})
            self._runs[seed, warm] = Runs(self.clouds, self.scale, seed, self.device, warm, trained)
        return self._runs[seed, warm]

    @property
    def start(self) -> Choice:
        """Of the architecture alone, what the search finds best."""
        return self.best_of(ARCHITECTURE, self.scale.tuned) if self.tune else self.published

    @property
    def published(self) -> Choice:
        """The paper's points per step, at this scale, and its learning rate."""
        return Choice(self.scale.per_step[self.clouds.name], PAPER_RATE)

    def choice(self, column: str) -> Choice:
        """The best points per step and rate of a column: by the first seed, and by all where they differ much."""
        if self.tune and column in TUNED:
            found = self.best_of(column, self.scale.tuned)
            return self.best_of_all_seeds(column) if column in BY_CHAMFER else found
        if self.tune and column in AS_REASSIGNMENT:
            best = self.choice(REASSIGNMENT)
            return best if column == CONVERGENCE else Choice(best.points, PAPER_RATE)
        return self.published

    def best_of(self, column: str, points: Sequence[int]) -> Choice:
        """The best of so many points per step and any rate, by the first seed."""
        return descend(lambda choice: self.cell(column, choice, self.seeds[0])["nem_kd"], points, start=START[column])

    def best_of_all_seeds(self, column: str) -> Choice:
        """Of the choices that are best by the first seed, among those that were searched, the one of the least mean."""
        source = self.clouds.source
        tried = by_choice(
            *(self.record.cells, self.clouds.name, column, self.scale.name), lambda c: c["settings"]["source"] == source
        )
        first = {choice: cells[self.seeds[0]]["nem_kd"] for choice, cells in tried.items() if self.seeds[0] in cells}
        finalists = sorted(first, key=first.__getitem__)[:FINALISTS]
        return min(finalists, key=lambda choice: mean({s: self.cell(column, choice, s) for s in self.seeds}))

    def seeds_of(self, column: str) -> Seeds:
        """The cells of a column at its best, one for each seed."""
        choice = self.choice(column)
        seeds = self.seeds[:1] if column == MSE else self.seeds  # that collapses whatever the seed is
        return {seed: self.cell(column, choice, seed) for seed in seeds}


def main() -> None:
    """Train what is asked for, cell by cell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", choices=SCALES, default="small")
    parser.add_argument("--data", type=Path, help="holds folders of PLY; default: synthetic sets")
    parser.add_argument("--sets", help="some of the sets, with commas between")
    parser.add_argument(
        "--columns", default="paper", help='"paper", "additions", or some of the columns with semicolons between'
    )
    parser.add_argument("--untuned", action="store_true", help="all columns at the paper's points per step and rate")
    parser.add_argument("--seeds", default="0,1,2", help="with commas between; the first one tunes")
    parser.add_argument(
        "--pictures", type=Path, help="draw Figures 2 to 4 into this folder, trained once more for that"
    )
    arguments = parsed(parser)
    scale, pictures = SCALES[arguments.scale], arguments.pictures if arguments.core is None else None
    groups = {"paper": PAPER_COLUMNS, "additions": tuple(ADDITIONS)}
    wanted = groups.get(arguments.columns) or tuple(arguments.columns.split(";"))
    if unknown := set(wanted) - {*PAPER_COLUMNS, *ADDITIONS, DEFAULT, WIDE}:
        raise SystemExit(f"no column is called {', '.join(sorted(unknown))}")
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    names = arguments.sets.split(",") if arguments.sets else known_sets(arguments.data)
    # The seeds after the first one need what it has found, and nothing of each other.
    of_seeds = [str(seeds[0]), *(f"{seeds[0]},{seed}" for seed in seeds[1:])]
    side_by_side(arguments, [[["--sets", name, "--seeds", some] for some in of_seeds] for name in names])
    record = Record(arguments.json)
    for name in names:
        clouds = load_set(name, scale.clouds[name], scale.points[name], arguments.data, 0)
        table = Table(clouds, scale, record, torch.device(arguments.device), seeds, not arguments.untuned)
        rows = {column: table.seeds_of(column) for column in wanted}
        print_table(table, rows)
        if pictures:
            for column in wanted:
                choice, runs = table.choice(column), table.runs(column, seeds[0])
                keep_clouds(pictures, clouds, column, runs.columns(choice)[column][1]())
    if pictures:
        paint_all(pictures)


def print_table(table: Table, rows: dict[str, Seeds]) -> None:
    """EM-kD and nEM-kD over seeds and the ratio to the better AtlasNetV2, by column; the paper's beside them."""
    name = table.clouds.name
    print(
        f"\n{name}, scale {table.scale.name}; EM-kD in squared units of the input; × is the ratio to AtlasNetV2's best"
    )
    print(f"{'':<32}{'EM-kD':>11}  {'nEM-kD (seeds)':<28}{'×':>6}  {'at':<26}paper: nEM-kD, ×")
    baselines = [mean(rows[column]) for column in (ATLASNET, DEFORMING) if column in rows]
    baseline = min(baselines, default=float("nan"))
    published = dict(zip(PRINTED, PAPER[name], strict=True))
    for column, seeds in rows.items():
        beside = ""
        if column in published and column != MSE:
            share, ratio = published[column] / published[MSE], published[column] / published[DEFORMING]
            beside = f"{100 * share:.2f} %, {ratio:.2f}"
        line = f"{column:<32}{mean(seeds, 'em_kd'):>11.4g}  {spread(seeds):<28}{mean(seeds) / baseline:>6.3f}"
        print(f"{line}  {choice_of(next(iter(seeds.values())))!s:<26}{beside}")


if __name__ == "__main__":
    main()
