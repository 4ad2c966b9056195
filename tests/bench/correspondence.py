"""How far each way of assigning is from the paper's own eq. 17: neighbours in Q should be matched with neighbours.

    bin/bench correspondence --data DIR --clouds 64 --points 16384

For each set the mean over rows q, their 8 nearest rows q̂ in Q and all clouds of |A(q) - A(q̂)| / |q - q̂|: E(A) with the
paper's f and w, over near pairs. A rigid motion has 1. And the mean squared way from Q, over the variance: what a
bijection that keeps everything near would have least of.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

from bench_energies import energies
from bench_sets import BenchSet, known_sets, load_set
from bench_tools import assign_all, hardware

from qaadcodec.config import AssignmentConfig, Request, plan
from qaadcodec.progress import Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.registration.register import register
from qaadcodec.training.start import initial_input_cloud

LEAVES = (128, 1024)


def ways_of(clouds: BenchSet, seed: int) -> Iterator[dict[str, object]]:
    """Each way of assigning, with its seconds and energies."""
    count, points, _ = clouds.store.points.shape
    made = plan(Request(), count, points)
    q = initial_input_cloud(clouds.store, made.network.patches)

    def row(way: str, began: float, targets: TargetStore) -> dict[str, object]:
        taken = time.perf_counter() - began
        stretch, moved = energies(q, targets)
        relative = moved / clouds.variance
        return {"set": clouds.name, "way": way, "seconds": taken, "eq. 17": stretch, "way over variance": relative}

    for leaf in LEAVES:
        began, store = time.perf_counter(), clouds.copy()
        assign_all(store, lambda _: q, AssignmentConfig(greedy_leaf=leaf), seed)
        yield row(f"Greedy from Q, leaves of {leaf}", began, store)
        store.close()
    began = time.perf_counter()
    with register(clouds.store, made, Run(seed=seed)) as found:
        yield row("registration", began, found.targets)


def main() -> None:
    """Print a JSON line for each set and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of folders of clouds; synthetic sets without it")
    parser.add_argument("--sets", help="some of the sets, comma-separated")
    parser.add_argument("--clouds", type=int, default=24)
    parser.add_argument("--points", type=int, default=4096)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    print(json.dumps(hardware()))
    for name in chosen.sets.split(",") if chosen.sets else known_sets(chosen.data):
        clouds = load_set(name, chosen.clouds, chosen.points, chosen.data, chosen.seed)
        for row in ways_of(clouds, chosen.seed):
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
