"""Table 1 of the paper (section 4.3), and our additions one at a time after it.

    bin/bench table1                                        # sets made by qaad's own synth; a table
    bin/bench table1 --data DIR --json FILE --pictures DIR  # DIR/skulls, DIR/bodies, DIR/faces hold PLY files
    bin/bench table1 --scale paper --device cuda …          # the paper's sizes and epochs

Each finished cell is added to FILE at once, and is not trained again when FILE already has it with the same settings.
nEM-kD is EM-kD over the variance of the cloud, averaged over clouds, so that it compares with the paper's table divided
by its own MSE column. Weights are measured as trained, float32 and not quantised, as in the paper.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from bench_record import Record
from bench_sets import known_sets, load_set
from chamfer_runs import Trained
from point_pictures import keep_clouds, paint_all
from table_columns import ARCHITECTURE, ATLASNET, MSE, PAPER_COLUMNS, SCALES, Runs, Scale, add_cell

RATES = (2.5e-4, 5e-4, 1e-3)  # of the baseline, and of our architecture alone, tried on every set
PAPER = {  # EM-kD as printed; the order of PAPER_COLUMNS
    "skulls": (419.230, 30.681, 24.004, 18.312, 10.481, 6.708),
    "bodies": (0.187, 0.076, 0.023, 0.015, 0.011, 0.010),
    "faces": (2448.076, 200.083, 139.230, 74.893, 47.593, 18.554),
}


def main() -> None:
    """Train what is asked for, cell by cell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", choices=SCALES, default="small")
    parser.add_argument("--data", type=Path, help="holds folders of PLY; default: synthetic sets")
    parser.add_argument("--sets", help="some of the sets, with commas between")
    parser.add_argument("--columns", help="some of the columns, with commas between")
    parser.add_argument("--json", type=Path, help="take results down here, and go on from what is there")
    parser.add_argument("--pictures", type=Path, help="draw Figures 2 to 4 into this folder")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    scale, record = SCALES[arguments.scale], Record(arguments.json)
    names = arguments.sets.split(",") if arguments.sets else known_sets(arguments.data)
    for name in names:
        clouds = load_set(name, scale.clouds[name], scale.points[name], arguments.data, arguments.seed)
        runs = Runs(clouds, scale, arguments.seed, torch.device(arguments.device), RATES[-1], RATES[-1])
        runs.atlasnet_rate = best_rate(runs, record, ATLASNET, runs.atlasnet)
        runs.warm_rate = best_rate(runs, record, ARCHITECTURE, runs.architecture)
        columns = runs.columns()
        wanted = arguments.columns.split(",") if arguments.columns else list(columns)
        for column in wanted:
            settings, train = columns[column]
            settings = {"scale": scale.name, **settings}
            if record.find(name, column, settings) is None:
                trained = add_cell(record, runs, column, settings, train)
                if arguments.pictures:
                    keep_clouds(arguments.pictures, clouds, column, trained)
    print_table(record, scale, names)
    if arguments.pictures:
        paint_all(arguments.pictures)


def best_rate(runs: Runs, record: Record, column: str, train: Callable[..., Trained]) -> float:
    """The learning rate of a column: the best of RATES by nEM-kD on this set, each trained to the end."""
    errors = {}
    for rate in RATES:
        settings = {"scale": runs.scale.name, **runs.columns()[column][0], "learning_rate": rate}
        tried = f"{column}, rate {rate:g}"
        if record.find(runs.name, tried, settings) is None:
            runs.tried[column, rate] = add_cell(record, runs, tried, settings, lambda rate=rate: train(rate=rate))
        errors[rate] = record.find(runs.name, tried, settings)["nem_kd"]
    return min(errors, key=errors.__getitem__)


def print_table(record: Record, scale: Scale, names: list[str]) -> None:
    """EM-kD, nEM-kD and the ratio to AtlasNetV2 by set and column, the paper's beside them."""
    print(f"scale {scale.name}; EM-kD in squared units of the input; × is the ratio to AtlasNetV2's")
    for name in names:
        cells = record.newest(name, scale.name)
        print(f"\n{name:<26}{'EM-kD':>11}{'nEM-kD':>10}{'×':>7}{'aug. Chamfer':>14}    paper: nEM-kD, ×")
        baseline = cells.get(ATLASNET, {}).get("nem_kd", float("nan"))
        mse, published = PAPER[name][0], dict(zip(PAPER_COLUMNS, PAPER[name], strict=True))
        for column, cell in cells.items():
            beside = ""
            if column in published and column != MSE:
                beside = f"{100 * published[column] / mse:.2f} %, {published[column] / published[ATLASNET]:.2f}"
            print(
                f"{column:<26}{cell['em_kd']:>11.4g}{100 * cell['nem_kd']:>8.3f} %{cell['nem_kd'] / baseline:>7.3f}"
                f"{100 * cell['n_augmented_chamfer']:>12.4f} %    {beside}"
            )


if __name__ == "__main__":
    main()
