"""EM-kD against the exact EMD: how much above it, and how much faster, by leaf size (paper section 3.2).

    bin/bench emkd                # two skulls and two bodies made by `qaad synth`; a table
    bin/bench emkd --json FILE    # and the numbers

Every ratio is within one solver: ours (the EMD on one core, EM-kD on all), and scipy's on cost matrices, on one core,
up to MATRIX points. The paper compares an auction with itself on a GPU: 36 times faster on the full cloud.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from bench_tools import timed, write_record

from qaadcodec.assignment.linear import assign_by_matrix
from qaadcodec.assignment.subspaces import paired_subspaces
from qaadcodec.metrics.em_kd import em_kd, emd, mean_squared
from qaadcodec.synth.make import make_cloud

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
    """What it returns, and the seconds it takes."""
    results: list[float] = []
    seconds = timed(lambda: results.append(work()), runs)
    return results[-1], seconds


def pair_rows(kind: str, points: int, seed: int) -> list[dict[str, object]]:
    """One pair of different clouds of a set: a row for the EMD (leaf M), then one for every leaf below that."""
    a, b = (make_cloud(kind, i, points, seed).astype(np.float64) for i in (0, 3))
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
    emd(*np.random.default_rng(0).random((2, 64, 3)))  # compiles the solver
    em_kd(*np.random.default_rng(0).random((2, 64, 3)), 16)
    print("leaf = M is the exact EMD; above: EM-kD / EMD; ×: seconds of the EMD / seconds of EM-kD")
    print(f"{'set':<8}{'M':>6}{'leaf':>6}{'mean squared':>14}{'above':>8}{'s':>9}{'×':>8}{'scipy, s':>11}{'×':>8}")
    rows = []
    for kind in ("skulls", "bodies"):
        for points in SIZES:
            for row in pair_rows(kind, points, arguments.seed):
                rows.append(row)
                line = f"{kind:<8}{points:>6}{row['leaf']:>6}{row['mean_squared']:>14.5g}{row['over_emd']:>8.3f}"
                line += f"{row['seconds']:>9.3f}{row['times_faster']:>8.1f}"
                if "scipy_seconds" in row:
                    line += f"{row['scipy_seconds']:>11.3f}{row['scipy_times_faster']:>8.1f}"
                print(line, flush=True)
    if arguments.json:
        write_record(arguments.json, seed=arguments.seed, rows=rows)


if __name__ == "__main__":
    main()
