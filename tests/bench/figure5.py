"""Figure 5 of the paper: EM-kD against the points sampled per step, on skulls.

    bin/bench figure5                                        # a set made by qaad's own synth; a table
    bin/bench figure5 --data DIR --json FILE --picture FILE  # DIR/skulls holds PLY files

AtlasNetV2, our architecture alone (augmented Chamfer distance), and the paper's full training. Everything but the
points per step is as in `table1`, but for the baseline's epochs at the small scale, which are as many as the full
training's steps leave time for. Cells that FILE has already are not trained again.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import torch
from bench_record import Record
from bench_sets import load_set
from table_columns import ARCHITECTURE, ATLASNET, REASSIGNMENT, SCALES, Runs, add_cell

mpl.use("Agg")
from matplotlib import pyplot as plt  # after the choice of how to draw

SAMPLED = [2**power for power in range(7, 12)]
CURVES = {ATLASNET: "AtlasNetV2", ARCHITECTURE: "NeuralQAAD (only architecture)", REASSIGNMENT: "NeuralQAAD"}
ATLASNET_EPOCHS = {"tiny": 6, "small": 200, "paper": 150}


def main() -> None:
    """Train every point of the figure, and draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", choices=SCALES, default="small")
    parser.add_argument("--data", type=Path, help="has a folder skulls of PLY; default: synthetic skulls")
    parser.add_argument("--json", type=Path, help="take results down here, and go on from what is there")
    parser.add_argument("--picture", type=Path, help="draw the figure into this PNG")
    parser.add_argument("--rate", type=float, default=5e-4, help="on the Chamfer distance; `table1` says the best")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    scale, record = SCALES[arguments.scale], Record(arguments.json)
    scale = replace(scale, atlasnet=ATLASNET_EPOCHS[scale.name])
    clouds = load_set("skulls", scale.clouds["skulls"], scale.points["skulls"], arguments.data, arguments.seed)
    curves: dict[str, list[float]] = {column: [] for column in CURVES}
    for sampled in SAMPLED:
        here = replace(scale, per_step={"skulls": sampled})
        runs = Runs(clouds, here, arguments.seed, torch.device(arguments.device), arguments.rate, arguments.rate)
        for column, curve in curves.items():
            settings, train = runs.columns()[column]
            settings = {"scale": scale.name, "sampled": sampled, **settings}
            if record.find("skulls", column, settings) is None:
                add_cell(record, runs, column, settings, train)
            cell = record.find("skulls", column, settings)
            assert cell is not None
            curve.append(cell["nem_kd"])
    print(f"skulls, scale {scale.name}: nEM-kD by points sampled per step")
    print(f"{'':<32}" + "".join(f"{sampled:>11}" for sampled in SAMPLED))
    for column, curve in curves.items():
        print(f"{CURVES[column]:<32}" + "".join(f"{100 * error:>9.3f} %" for error in curve))
    if arguments.picture:
        draw(arguments.picture, curves)


def draw(path: Path, curves: dict[str, list[float]]) -> None:
    """The figure, as the paper draws it: lines over points per step, the axis of the points in powers of two."""
    figure, axis = plt.subplots(figsize=(5, 3.4), layout="constrained")
    for (column, curve), marker in zip(curves.items(), "os^", strict=True):
        axis.plot(SAMPLED, [100 * error for error in curve], marker=marker, label=CURVES[column])
    axis.set_xscale("log", base=2)
    axis.set_xticks(SAMPLED)
    axis.set_ylim(bottom=0)
    axis.set_xlabel("# sampled points")
    axis.set_ylabel("nEM-kD, %")
    axis.legend()
    figure.savefig(path, dpi=150)
    plt.close(figure)


if __name__ == "__main__":
    main()
