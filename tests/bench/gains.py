"""What each part of the network and of the coding is worth: one change at a time, at the same training.

    bin/bench gains                          # sets made by qaad's own synth; a table
    bin/bench gains --data DIR --json FILE   # DIR/faces, DIR/bodies, DIR/skulls hold PLY files

Every row is trained for the same epochs from the same first assignment, written as an archive, read back and
measured. `worth` compares with the first row at equal bytes: along a curve of slope -ELASTICITY in logarithms, which is
what larger and smaller networks of one kind follow here.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bench_record import Record
from bench_sets import BenchSet, known_sets, load_set, measure
from bench_tools import assign_all
from chamfer_runs import ours
from qaad_runs import changed

from qaadcodec.archive import Archive, Header, encode
from qaadcodec.config import Plan, Request, SizeConfig, plan
from qaadcodec.model.numpy_decoder import decode_points
from qaadcodec.progress import Run
from qaadcodec.training.backend import choose_backend
from qaadcodec.training.finish import matched_error
from qaadcodec.training.learner import Learner
from qaadcodec.training.loop import train
from qaadcodec.training.quantise.sensitivity import chosen_grids
from qaadcodec.training.start import initial_input_cloud, pca_latents

ELASTICITY, SEED = 0.4, 0
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
    request = Request(quality=arguments.quality, epochs=arguments.epochs)
    base = plan(request, arguments.clouds, arguments.points)
    if arguments.heads:
        base = changed(base, {"network.head_widths": [arguments.heads]})
    for name in arguments.sets.split(",") if arguments.sets else known_sets(arguments.data):
        clouds, cells = None, {}
        for row in arguments.rows.split(";") if arguments.rows else ROWS:
            made = changed(base, ROWS[row])
            given = [*(["head_widths"] if arguments.heads else []), *of_network(ROWS[row])]
            settings = said(made, arguments, list(dict.fromkeys(given)))
            if record.find(name, row, settings) is None:
                clouds = clouds or load_set(name, arguments.clouds, arguments.points, arguments.data, 0)
                began = time.perf_counter()
                cell = {"set": name, "column": row, **learnt(clouds, made, row)}
                cell |= {"seconds": round(time.perf_counter() - began, 1), "settings": settings}
                record.add(cell)
                print(f"{name} {row}: {cell['bytes']} bytes, {100 * cell['nem_kd']:.3f} %", file=sys.stderr, flush=True)
            found = record.find(name, row, settings)
            assert found is not None
            cells[row] = found
        show(name, cells)


def of_network(settings: dict[str, Any]) -> list[str]:
    """The settings of the network among these, without the name of their group."""
    return [name.removeprefix("network.") for name in settings if name.startswith("network.")]


def said(plan: Plan, arguments: argparse.Namespace, given: list[str]) -> dict[str, Any]:
    """What decides a result, in the words of the records that there are.

    Args:
        given: settings of the network that were not chosen by the quality.
    """
    size = {**asdict(SizeConfig(quality=arguments.quality)), "given": given}
    common = {"clouds": arguments.clouds, "points": arguments.points, "seed": SEED, "budget_seconds": None}
    groups = {name: asdict(getattr(plan, name)) for name in ("network", "assignment", "training", "coding")}
    source = arguments.data.name if arguments.data else "synth"
    return {**common, "size": size, **groups, "source": source}


def learnt(clouds: BenchSet, plan: Plan, row: str) -> dict[str, Any]:
    """Train by this plan; the bytes of the archive, and the errors of what it decodes to."""
    backend = choose_backend("cpu")
    learner = ours(clouds, plan.network, SEED, backend.device)
    with clouds.copy() as store:
        q = initial_input_cloud(store, plan.network.patches)
        assign_all(store, lambda _: q, plan.assignment, SEED, backend)
        latents = pca_latents(store, plan.network.latent_size, SEED)
        if row == RANDOM:
            latents = np.random.default_rng(0).standard_normal(latents.shape).astype(np.float32) * latents.std()
        learner.latents = torch.from_numpy(latents)
        train(learner, clouds.gathered(store), plan, Run(seed=SEED), backend)
        if plan.coding.numbers == "entropy" and learner.grids is None:
            error = plan.coding.loss * matched_error(learner, store)
            learner.grids, _ = chosen_grids(learner, error, SEED)
    numbers = "uniform" if learner.grids else "float32"
    encoded = encode(archive_of(learner, clouds, plan), learner.grids or plan.coding, numbers=numbers)
    read = encoded.decoded()

    def decode(i: int) -> Any:
        points = decode_points(plan.network, read.weights, read.input_cloud, read.latents[i])
        return points[np.random.default_rng(i).permutation(len(points))]

    return {"bytes": len(encoded), **measure(clouds, decode, 16)}


def archive_of(learner: Learner, clouds: BenchSet, plan: Plan) -> Archive:
    """What was learnt, in normalised coordinates."""
    count, points, _ = clouds.store.points.shape
    header = Header(
        clouds=count,
        points=points,
        dtype="float32",
        offset=(0.0, 0.0, 0.0),
        scale=1.0,
        bounds=((-1.0, -1.0, -1.0), (1.0, 1.0, 1.0)),
        network=plan.network,
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
