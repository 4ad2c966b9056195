"""What each part of the network and of the coding is worth: one change at a time, at the same training.

    bin/bench gains                          # sets made by qaad's own synth; a table
    bin/bench gains --data DIR --json FILE   # DIR/faces, DIR/bodies, DIR/skulls hold PLY files

Every row is trained for the same epochs from the same first assignment, written as an archive, read back and
measured. `worth` compares with the first row at equal bytes: along a curve of slope -ELASTICITY in logarithms, which is
what larger and smaller networks of one kind follow here.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bench_record import Record
from bench_sets import BenchSet, known_sets, load_set, measure
from chamfer_runs import ours
from qaadcodec.config.sizing import sized

from qaadcodec.archive import Archive, ArchiveReader, Header, write_archive
from qaadcodec.config import CompressConfig, preset, with_settings
from qaadcodec.model.numpy_decoder import decode_points
from qaadcodec.training.finish import matched_error
from qaadcodec.training.host.align import align
from qaadcodec.training.learner import Learner
from qaadcodec.training.loop import train
from qaadcodec.training.quantise.sensitivity import chosen_grids
from qaadcodec.training.start import initial_input_cloud, pca_latents

ELASTICITY = 0.4
RANDOM = "latents from random numbers, not PCA"
ROWS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "no rounding: float32 numbers": {"coding.numbers": "uniform"},
    "finer steps": {"coding.loss": 0.1},
    "much finer steps": {"coding.loss": 0.02},
    "Adam, not SOAP": {
        "training.optimiser": "adam",
        "training.learning_rate": 2e-3,
        "training.latent_rate": 5.0,
        "training.input_rate": 1.0,
    },
    "SOAP at the rates of Adam": {
        "training.learning_rate": 2e-3,
        "training.latent_rate": 5.0,
        "training.input_rate": 1.0,
    },
    "rounded at the end only": {"coding.learn_from": 1.0},
    "no price of bits": {"coding.price": 0.0},
    "shift of the first layer, not FiLM": {"network.film": False},
    "no Fourier features": {"network.fourier_octaves": 0},
    "4 octaves": {"network.fourier_octaves": 4},
    "5 octaves": {"network.fourier_octaves": 5},
    "heads of 16 on 32 patches": {"network.head_widths": [16], "network.patches": 32},
    "heads of 4 on 128 patches": {"network.head_widths": [4], "network.patches": 128},
    "one layer a head": {"network.head_widths": []},
    "heads of 8": {"network.head_widths": [8]},
    "one patch": {"network.patches": 1},
    "16 numbers a latent": {"network.latent_size": 16},
    RANDOM: {},
    "input cloud stays": {"training.input_rate": 0.0},
    "no pair swaps": {"assignment.pair_swaps": False},
}


def main() -> None:
    """Train, write and measure every row that is not known yet; print them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="holds folders of PLY; default: synthetic sets")
    parser.add_argument("--sets", help="some of the sets, with commas between")
    parser.add_argument("--rows", help="some of the rows, with commas between")
    parser.add_argument("--clouds", type=int, default=64)
    parser.add_argument("--points", type=int, default=16384)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--quality", type=float, default=50)
    parser.add_argument(
        "--heads", type=int, help="hidden width of the heads in every row that does not say; default: none"
    )
    parser.add_argument("--json", type=Path, help="take results down here, and go on from what is there")
    arguments = parser.parse_args()
    record = Record(arguments.json)
    base = preset("default").with_overrides(points=arguments.points, epochs=arguments.epochs)
    base = replace(base, size=replace(base.size, quality=arguments.quality))
    base = sized(base, arguments.clouds, arguments.points)
    if arguments.heads:
        base = with_settings(base, {"network.head_widths": [arguments.heads]})
    for name in arguments.sets.split(",") if arguments.sets else known_sets(arguments.data):
        clouds, cells = None, {}
        for row in arguments.rows.split(";") if arguments.rows else ROWS:
            config = with_settings(base, ROWS[row])
            settings = {"clouds": arguments.clouds, **{k: v for k, v in asdict(config).items() if k != "preset"}}
            settings["source"] = arguments.data.name if arguments.data else "synth"
            if record.find(name, row, settings) is None:
                clouds = clouds or load_set(name, arguments.clouds, arguments.points, arguments.data, 0)
                began = time.perf_counter()
                cell = {"set": name, "column": row, **run(clouds, config, row)}
                cell |= {"seconds": round(time.perf_counter() - began, 1), "settings": settings}
                record.add(cell)
                print(f"{name} {row}: {cell['bytes']} bytes, {100 * cell['nem_kd']:.3f} %", file=sys.stderr, flush=True)
            found = record.find(name, row, settings)
            assert found is not None
            cells[row] = found
        show(name, cells)


def run(clouds: BenchSet, config: CompressConfig, row: str) -> dict[str, Any]:
    """Train with these settings; the bytes of the archive, and the errors of what it decodes to."""
    learner = ours(clouds, config.network, config.seed, torch.device("cpu"))
    with clouds.copy() as store:
        for _ in align(store, initial_input_cloud(store, config.network.patches), config.assignment, config.seed):
            pass
        latents = pca_latents(store, config.network.latent_size, config.seed)
        if row == RANDOM:
            latents = np.random.default_rng(0).standard_normal(latents.shape).astype(np.float32) * latents.std()
        learner.latents = torch.from_numpy(latents)
        for _ in train(learner, store, config, clouds.variance):
            pass
        if config.coding.numbers == "entropy" and learner.grids is None:
            error = config.coding.loss * matched_error(learner, store)
            learner.grids, _ = chosen_grids(learner, error, config.seed)
    stream = io.BytesIO()
    numbers = "uniform" if learner.grids else "float32"
    write_archive(archive_of(learner, clouds, config), learner.grids or config.coding, stream, numbers=numbers)
    with ArchiveReader(stream) as reader:
        read = reader.archive()

    def decode(i: int) -> Any:
        points = decode_points(config.network, read.weights, read.input_cloud, read.latents[i])
        return points[np.random.default_rng(i).permutation(len(points))]

    return {"bytes": stream.tell(), **measure(clouds, decode, 16)}


def archive_of(learner: Learner, clouds: BenchSet, config: CompressConfig) -> Archive:
    """What was learnt, in normalised coordinates."""
    count, points, _ = clouds.store.points.shape
    header = Header(
        clouds=count,
        points=points,
        dtype="float32",
        offset=(0.0, 0.0, 0.0),
        scale=1.0,
        bounds=((-1.0, -1.0, -1.0), (1.0, 1.0, 1.0)),
        network=config.network,
    )
    names = tuple(f"{i:05d}" for i in range(count))
    weights, q = learner.network.arrays(), learner.input_cloud.detach().numpy()
    return Archive(header, weights, q, learner.latents.detach().numpy(), names, (points,) * count)


def show(name: str, cells: dict[str, dict[str, Any]]) -> None:
    """The rows of a set."""
    first = next(iter(cells.values()))
    print(f"\n{name:<38}{'bytes/cloud':>12}{'nEM-kD':>10}{'aug. Chamfer':>14}{'worth':>9}")
    for row, cell in cells.items():
        clouds = cell["settings"]["clouds"]
        gain = (cell["bytes"] / first["bytes"]) ** ELASTICITY * cell["nem_kd"] / first["nem_kd"] - 1
        print(
            f"{row:<38}{cell['bytes'] / clouds:>12.0f}{100 * cell['nem_kd']:>8.3f} %"
            f"{100 * cell['n_augmented_chamfer']:>12.4f} %{100 * gain:>+7.1f} %"
        )


if __name__ == "__main__":
    main()
