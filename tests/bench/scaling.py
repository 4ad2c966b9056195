"""What a step costs where several processes share a training, measured with one and two, and computed for 8 and 64.

    bin/bench scaling                                          # four minutes on two cores
    bin/bench scaling --json tests/bench/results/scaling.json  # and the numbers, with the hardware named

Every process has one core, so that two of them have twice what one has. They learn bodies by whole steps, with
reassignment, as `qaad compress --processes` does, and add up their gradients over gloo on one machine. Measured: steps,
what of them passes until the gradients are added up (the other process is waited for in it), and the sum alone, of one
number and of all. Each is the fastest of three rounds, since other programs may run beside. Computed: rings of 8 and 64
processes with a cloud each, from the step of one cloud on one core and t = 2 (P - 1) a + 2 (P - 1) / P n b, where a and
b are those of the sums of two processes. So they are computed for processes that reach each other as these two did; the
links between machines are slower, and steps on GPUs shorter.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bench_tools import Row, as_json, print_rows, write_record

from qaadcodec.config import Plan
from qaadcodec.model.cpu_threads import cloud_threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.ranks.group import joined
from qaadcodec.ranks.part import Part
from qaadcodec.ranks.ranks import Ranks
from qaadcodec.sets.store import TargetStore
from qaadcodec.synth.make import make_cloud
from qaadcodec.training.host.steps import Steps
from qaadcodec.training.learner import Learner
from qaadcodec.training.start import patch_by_patch, pca_latents

CLOUDS, POINTS, STEPS, SUMS, ROUNDS = 16, 8192, 120, 200, 3


class Timed:
    """Ranks whose sums are timed."""

    def __init__(self, ranks: Ranks) -> None:
        self._ranks, self.rank, self.size = ranks, ranks.rank, ranks.size
        self.seconds: list[float] = []
        self.numbers = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ranks, name)

    def add(self, numbers: Any) -> None:
        """Add up, and note how long that took."""
        start = time.perf_counter()
        self._ranks.add(numbers)
        self.seconds.append(time.perf_counter() - start)
        self.numbers = len(numbers)


def measured(batch: int) -> dict[str, float]:
    """What one process finds, which shares steps of so many clouds with the others."""
    if hasattr(os, "sched_setaffinity") and "WORLD_SIZE" not in os.environ:
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    with joined() as plain:
        ranks, plan = Timed(plain), Plan()
        part = Part.of(CLOUDS, ranks)
        with TargetStore(part, POINTS) as store, cloud_threads() as threads:
            for i, cloud in enumerate(store.each()):
                cloud[:] = make_cloud("bodies", part.first + i, POINTS, 0)
            q = patch_by_patch(store, 0, plan.network.patches)
            latents = torch.from_numpy(pca_latents(store, plan.network.latent_size, 0))
            learner = Learner(FoldingNetwork(plan.network), torch.from_numpy(q), latents)
            rng, taken = np.random.default_rng(0), []
            with Steps(learner, store, plan, threads, np.random.default_rng(0), 0) as steps:
                for step in range(STEPS):
                    own = np.sort(rng.permutation(len(part))[: batch // ranks.size])
                    start = time.perf_counter()
                    steps.step(own, 0.5)
                    taken.append(time.perf_counter() - start)
                    learner.epochs = step * batch // CLOUDS
        found = {"batch": batch, "step": statistics.median(taken[20:]), "mean": statistics.mean(taken[20:])}
        if ranks.size > 1:
            found |= {"exchange": statistics.median(ranks.seconds[20:]), "numbers": ranks.numbers}
            found |= {"sum": summing(ranks, ranks.numbers), "short": summing(ranks, 1)}
        return found


def summing(ranks: Timed, count: int) -> float:
    """Seconds to add up so many numbers, when all begin together."""
    numbers, taken = torch.zeros(count), []
    for _ in range(SUMS):
        ranks.gathered(None)
        start = time.perf_counter()
        ranks.add(numbers)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def started(processes: int, batch: int) -> dict[str, float]:
    """What the first of so many processes finds."""
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=f"scaling-{processes}-{batch}",
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        max_restarts=0,
    )
    found: dict[str, float] = elastic_launch(config, alone if processes == 1 else measured)(batch)[0]
    return found


def alone(batch: int) -> dict[str, float]:
    """`measured` in a process on one core that shares nothing."""
    del os.environ["WORLD_SIZE"]
    return measured(batch)


def fastest(kinds: list[tuple[int, int]]) -> list[dict[str, float]]:
    """Of ROUNDS rounds through these numbers of processes and clouds, the one with the shortest step of each."""
    rounds = [[started(*kind) for kind in kinds] for _ in range(ROUNDS)]
    return [min(of_kind, key=lambda found: found["step"]) for of_kind in zip(*rounds, strict=True)]


def ring(processes: int, two: dict[str, float]) -> float:
    """Seconds to add up in a ring, from what two processes take: 2 (P - 1) a + 2 (P - 1) / P n b."""
    hop, transfer = two["short"] / 2, max(two["sum"] - two["short"], 0.0)
    return 2 * (processes - 1) * hop + 2 * (processes - 1) / processes * transfer


def main() -> None:
    """Print, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    points = Plan().training.points_per_step
    single, one, two = fastest([(1, 1), (1, 4), (2, 4)])
    rate = 4 * points / one["step"]

    def row(processes: int, clouds: int, step: float, exchange: float, how: str) -> list[Row]:
        throughput = clouds * points / step
        name = f"{processes} processes" if processes > 1 else "1 process"
        return [
            Row(f"{name}, {clouds} clouds a step: step", 1e3 * step, "ms", how),
            Row(f"{name}: until gradients are added up", 100 * exchange / step, "% of the step", how),
            Row(f"{name}: throughput", throughput / 1e3, "k points/s", f"{how}; {throughput / rate:.2f} × one process"),
        ]

    rows = [
        Row("1 process, 1 cloud a step: step", 1e3 * single["step"], "ms", "measured"),
        *row(1, 4, one["step"], 0.0, "measured"),
        *row(2, 4, two["step"], two["exchange"], "measured"),
        Row("sum of 1 number, 2 processes", 1e3 * two["short"], "ms", "measured"),
        Row(f"sum of {two['numbers']} numbers, 2 processes", 1e3 * two["sum"], "ms", "measured"),
    ]
    for processes in (8, 64):
        exchange = ring(processes, two)
        rows += row(processes, processes, single["step"] + exchange, exchange, "computed")
    print_rows(rows)
    if asked.json:
        write_record(asked.json, rows=as_json(rows))


if __name__ == "__main__":
    main()
