"""Figure 5 of the paper: EM-kD against the points sampled per step, on skulls.

    bin/bench figure5                                        # a set made by qaad's own synth; a table
    bin/bench figure5 --data DIR --json FILE --picture FILE  # DIR/skulls holds PLY files

Both kinds of AtlasNetV2, our architecture alone (augmented Chamfer distance), and the paper's full training. Every
point of a curve has the learning rate that is best there by the first seed; epochs and all else are as in `table1`,
whose FILE may be given: cells that it has already are not trained again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import torch
from bench_jobs import parsed, side_by_side
from bench_record import Record
from bench_scales import SCALES
from bench_sets import load_set
from bench_tuning import Choice
from table1 import Table
from table_cells import ARCHITECTURE, Seeds, curve, mean, spread
from table_columns import ATLASNET, DEFORMING, REASSIGNMENT

mpl.use("Agg")
from matplotlib import pyplot as plt  # after the choice of how to draw

CURVES = {
    ATLASNET: "AtlasNetV2, point translation",
    DEFORMING: "AtlasNetV2, patch deformation",
    ARCHITECTURE: "NeuralQAAD (only architecture)",
    REASSIGNMENT: "NeuralQAAD",
}


def main() -> None:
    """Train every point of the figure, and draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", choices=SCALES, default="small")
    parser.add_argument("--data", type=Path, help="has a folder skulls of PLY; default: synthetic skulls")
    parser.add_argument("--picture", type=Path, help="draw the figure into this PNG")
    parser.add_argument("--seeds", default="0,1,2", help="with commas between; the first one chooses rates")
    parser.add_argument("--points", help="some of the numbers of points per step, with commas between")
    arguments = parsed(parser)
    scale = SCALES[arguments.scale]
    clouds = load_set("skulls", scale.clouds["skulls"], scale.points["skulls"], arguments.data, 0)
    points = [int(sampled) for sampled in arguments.points.split(",")] if arguments.points else scale.tuned
    # Those with the most points take longest, and so begin.
    side_by_side(arguments, [[["--points", str(sampled)]] for sampled in sorted(points, reverse=True)])
    record = Record(arguments.json)
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    table = Table(clouds, scale, record, torch.device(arguments.device), seeds, tune=True)
    for sampled in points:
        # The warm-up of the full training has as many points per step as the training itself.
        table.warm = table.best_of(ARCHITECTURE, [sampled])
        for column in CURVES:
            best = table.best_of(column, [sampled])
            for seed in seeds:
                table.cell(column, best, seed)
    print(f"skulls, scale {scale.name}: nEM-kD by points sampled per step")
    curves = {column: curve(record.cells, "skulls", column, scale.name) for column in CURVES}
    for column, found in curves.items():
        for choice, of_seeds in found.values():
            print(f"{CURVES[column]:<32}{choice!s:<26}{spread(of_seeds)}")
    if arguments.picture and arguments.core is None:
        draw(arguments.picture, curves)


def draw(path: Path, curves: dict[str, dict[int, tuple[Choice, Seeds]]]) -> None:
    """The figure, as the paper draws it: lines over points per step, in powers of two; bars from seed to seed."""
    figure, axis = plt.subplots(figsize=(5.4, 3.6), layout="constrained")
    for (column, found), marker in zip(curves.items(), "osD^", strict=True):
        middle = [100 * mean(seeds) for _, seeds in found.values()]
        errors = [[100 * cell["nem_kd"] for cell in seeds.values()] for _, seeds in found.values()]
        ends = [
            [m - min(e) for m, e in zip(middle, errors, strict=True)],
            [max(e) - m for m, e in zip(middle, errors, strict=True)],
        ]
        axis.errorbar(list(found), middle, ends, marker=marker, markersize=4, capsize=2, label=CURVES[column])
    axis.set_xscale("log", base=2)
    axis.set_xticks(sorted({points for found in curves.values() for points in found}))
    axis.set_ylim(bottom=0)
    axis.set_xlabel("# sampled points")
    axis.set_ylabel("nEM-kD, %")
    axis.legend(fontsize=8)
    figure.savefig(path, dpi=150)
    plt.close(figure)


if __name__ == "__main__":
    main()
