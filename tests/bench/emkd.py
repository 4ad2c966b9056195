"""EM-kD against the exact EMD: how much above it, and how much faster, by leaf size (paper section 3.2).

    bin/bench emkd                # two skulls and two bodies made by `qaad synth`; a table
    bin/bench emkd --json FILE    # and the numbers

Every ratio is within one solver and on one core, in seconds of processor time: ours, and scipy's on cost matrices, up
to MATRIX points. The paper compares an auction with itself on a GPU: 36 times faster on the full cloud.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from bench_tools import write_record

from qaadcodec.assignment.linear import assign_by_matrix
from qaadcodec.assignment.subspaces import paired_subspaces
from qaadcodec.metrics.em_kd import em_kd, emd, mean_squared
from qaadcodec.synth.make import make_cloud

SETS = ("skulls", "bodies")
BITS = (5, 6, 7)  # of the grids that a cloud of MATRIX points is rounded to, and compared with itself
SIZES = (1024, 2048, 4096, 8192)
LEAVES = (64, 256, 1024, 4096)
MATRIX = 4096  # beyond it scipy takes minutes


def by_matrix(a: np.ndarray, b: np.ndarray, leaf: int) -> float:
    """EM-kD with scipy's solver in every subspace, one after the other."""
    matched = np.empty_like(b)
    for rows_a, rows_b in paired_subspaces(a, b, leaf):
        matched[rows_a] = b[rows_b[assign_by_matrix(a[rows_a], b[rows_b])]]
    return mean_squared(a, matched)


def measured(work: Callable[[], float], runs: int = 1) -> tuple[float, float]:
    """What it returns, and the seconds of processor time that it takes: the median of several runs."""
    seconds = []
    for _ in range(runs):
        began = time.process_time()
        result = work()
        seconds.append(time.process_time() - began)
    return result, statistics.median(seconds)


def on_one_core() -> None:
    """Keep this process to one core, so that EM-kD has no more of them than the EMD beside it."""
    if not hasattr(os, "sched_setaffinity"):
        raise SystemExit("emkd compares on one core, to which this system cannot keep a process")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def two_clouds(kind: str, points: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two different clouds of a set."""
    a, b = (make_cloud(kind, i, points, seed).astype(np.float64) for i in (0, 3))
    return a, b


def and_rounded(cloud: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """A cloud rounded to a grid of so many bits along its longest side, sorted, and the cloud itself."""
    low, step = cloud.min(0), np.ptp(cloud, axis=0).max() / (2**bits - 1)
    grid = np.round((cloud - low) / step) * step + low
    return grid[np.lexsort(grid.T[::-1])], cloud


def pair_rows(kind: str, a: np.ndarray, b: np.ndarray) -> list[dict[str, object]]:
    """One pair of clouds: a row for the EMD (leaf M), then one for every leaf below that."""
    points = len(a)
    whole, exact = measured(lambda: emd(a, b))
    rows: list[dict[str, object]] = []
    slow = float("nan")
    for leaf in (points, *(leaf for leaf in LEAVES if leaf < points)):
        value, quick = (whole, exact) if leaf == points else measured(lambda leaf=leaf: em_kd(a, b, leaf), 3)
        row = {"set": kind, "points": points, "leaf": leaf, "mean_squared": value, "over_emd": value / whole}
        row |= {"seconds": quick, "times_faster": exact / quick}
        if points <= MATRIX:
            same, plain = measured(lambda leaf=leaf: by_matrix(a, b, leaf))
            if abs(same / value - 1) > 1e-9:
                raise SystemExit(f"scipy finds {same} where ours finds {value}")
            slow = plain if leaf == points else slow
            row |= {"scipy_seconds": plain, "scipy_times_faster": slow / plain}
        rows.append(row)
    return rows


def main() -> None:
    """Measure, print a table, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    on_one_core()
    emd(*np.random.default_rng(0).random((2, 64, 3)))  # compiles the solver
    em_kd(*np.random.default_rng(0).random((2, 64, 3)), 16)
    print("leaf = M is the exact EMD; above: EM-kD / EMD; ×: seconds of the EMD / seconds of EM-kD")
    print(f"{'set':<16}{'M':>6}{'leaf':>6}{'mean squared':>14}{'above':>8}{'s':>9}{'×':>8}{'scipy, s':>11}{'×':>8}")
    pairs = [(kind, *two_clouds(kind, points, arguments.seed)) for kind in SETS for points in SIZES]
    for kind in SETS:
        cloud, _ = two_clouds(kind, MATRIX, arguments.seed)
        pairs += [(f"{kind}, {bits} bits", *and_rounded(cloud, bits)) for bits in BITS]
    rows = []
    for kind, a, b in pairs:
        for row in pair_rows(kind, a, b):
            rows.append(row)
            line = f"{kind:<16}{len(a):>6}{row['leaf']:>6}{row['mean_squared']:>14.5g}{row['over_emd']:>8.3f}"
            line += f"{row['seconds']:>9.3f}{row['times_faster']:>8.1f}"
            if "scipy_seconds" in row:
                line += f"{row['scipy_seconds']:>11.3f}{row['scipy_times_faster']:>8.1f}"
            print(line, flush=True)
    if arguments.json:
        write_record(arguments.json, seed=arguments.seed, rows=rows)


if __name__ == "__main__":
    main()
