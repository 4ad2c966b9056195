"""How fast qaad is on this machine's CPU, beside what limits it; all in one run.

    bin/bench speed                                        # a table
    bin/bench speed --json tests/bench/results/speed.json  # and the numbers, with the hardware named

Takes about three minutes on two cores. The set is made by `qaad synth`. Ratios compare what ran side by side here;
single seconds depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import DracoPy
import numpy as np
import numpy.typing as npt
import torch
from bench_tools import Row, as_json, assign_all, print_rows, seconds, timed, write_record
from gpu_rows import gpu_rows, multiplications, patch_loop

import qaadcodec
from qaadcodec.assignment.greedy import greedy
from qaadcodec.assignment.linear import assign, assign_by_matrix
from qaadcodec.assignment.subspaces import paired_subspaces
from qaadcodec.clouds import read_cloud, resample
from qaadcodec.config import AssignmentConfig, NetworkConfig, Plan
from qaadcodec.metrics.em_kd import SUBSPACE, em_kd, emd
from qaadcodec.model.cpu_pass import cloud_by_cloud
from qaadcodec.model.cpu_threads import cloud_threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.sets.store import TargetStore
from qaadcodec.synth.make import make_cloud
from qaadcodec.training.host.steps import Steps
from qaadcodec.training.learner import Learner
from qaadcodec.training.start import initial_input_cloud, pca_latents

Cloud = npt.NDArray[np.floating]

CLOUDS, POINTS, BUDGET = 8, 65536, "90s"
BATCH, PER_STEP = 4, 2048


def product_rate(dtype: torch.dtype) -> float:
    """FLOP/s of products of the sizes that training has, one per core at a time."""
    rows, wide, narrow = PER_STEP, 256, 128
    with cloud_threads() as threads:
        pairs = [
            (torch.randn(rows, wide, dtype=dtype), torch.randn(wide, narrow, dtype=dtype))
            for _ in range(8 * threads.count)
        ]
        took = seconds(lambda: list(threads.pool.map(lambda pair: [pair[0] @ pair[1] for _ in range(8)], pairs)))
    return len(pairs) * 8 * 2 * rows * wide * narrow / took


def training_rows() -> list[Row]:
    """Points per second of a training step without its reassignment, four ways, beside the rate of the products."""
    config = NetworkConfig(patches=128)
    network = FoldingNetwork(config, torch.Generator().manual_seed(0))
    q = torch.rand(128, PER_STEP // 128, 3, requires_grad=True)
    latents = torch.randn(BATCH, config.latent_size, requires_grad=True)
    targets = torch.rand(BATCH, PER_STEP, 3)

    def autograd(fold: Callable[..., torch.Tensor]) -> float:
        def step() -> None:
            (fold(q, latents) - targets).square().sum(-1).mean().backward()

        return BATCH * PER_STEP / seconds(step, 20)

    def threaded(dtype: torch.dtype | None) -> float:
        with cloud_threads() as threads:
            chosen = threads if dtype is None else replace(threads, dtype=dtype)
            took = seconds(lambda: cloud_by_cloud(network, q, latents, targets, chosen)[0].backward(), 20)
        return BATCH * PER_STEP / took

    looped = autograd(lambda points, table: patch_loop(network, points, table))
    rates = {
        "cloud by cloud, as it trains here": threaded(None),
        "cloud by cloud, float32": threaded(torch.float32),
        "autograd over the batch, float32": autograd(network),
        "the same with a loop over 128 patches": looped,
    }
    with cloud_threads() as threads:
        native = threads.dtype
    limits = {"float32": product_rate(torch.float32), "bfloat16": product_rate(torch.bfloat16)}
    flops = 6 * multiplications(config)  # forward, and two products for each of them backward
    rows = [Row(f"matrix products, {name}", rate / 1e9, "GFLOP/s") for name, rate in limits.items()]
    for name, rate in rates.items():
        kind = "bfloat16" if name.endswith("here") and native == torch.bfloat16 else "float32"
        beside = f"{rate / looped:.2f} × the loop; {100 * rate * flops / limits[kind]:.0f} % of the {kind} product rate"
        rows.append(Row(f"training step, {name}", rate / 1e3, "k points/s", beside))
    return rows


def command_seconds(*arguments: str) -> float:
    """From prompt to prompt, the median of five."""
    command = [sys.executable, "-P", "-m", "qaadcodec", *arguments]
    return seconds(lambda: subprocess.run(command, check=True, capture_output=True))


def learning_rows() -> list[Row]:
    """Steps as they are taken in training, with swaps and re-solving beside them, and what those cost."""
    clouds, rows = 16, []
    without = AssignmentConfig(pair_swaps=False, leaf_resolving=False)
    for what, plan in {"without reassignment": Plan(assignment=without), "as it trains here": Plan()}.items():
        with TargetStore(clouds, 16384) as store, cloud_threads() as threads:
            for i, cloud in enumerate(store.each()):
                cloud[:] = make_cloud("skulls", i, 16384, 0) * 10
            q = initial_input_cloud(store, plan.network.patches)
            assign_all(store, lambda _, q=q: q, plan.assignment, 0)
            latents = pca_latents(store, plan.network.latent_size, 0)
            learner = Learner(FoldingNetwork(plan.network), torch.from_numpy(q), torch.from_numpy(latents))
            rng, shown = np.random.default_rng(0), 0
            with Steps(learner, store, plan, threads, rng, 0) as steps:
                start = time.perf_counter()
                for _ in range(40):
                    for batch in np.array_split(rng.permutation(clouds), clouds // BATCH):
                        shown += steps.step(np.sort(batch), 0.5)[1]
                    learner.epochs += 1
            rate = shown / (time.perf_counter() - start)
        beside = f"{100 * rate * 1e-3 / rows[0].value:.0f} % of that" if rows else ""
        rows.append(Row(f"whole training steps, {what}", rate / 1e3, "k points/s", beside))
    return rows


def archive_rows(folder: Path, product: float) -> list[Row]:
    """What decoding, looking into and comparing cost, on a set of CLOUDS × POINTS learnt in BUDGET."""
    clouds, archive = folder / "skulls", folder / "skulls.qaad"
    qaad = [sys.executable, "-P", "-m", "qaadcodec"]
    subprocess.run([*qaad, "synth", "skulls", f"-n{CLOUDS}", f"-m{POINTS}", "-o", clouds, "-q"], check=True)
    compress = [*qaad, "compress", clouds, "-o", archive, "--budget", BUDGET, "-q"]
    subprocess.run(compress, check=True, stdout=subprocess.DEVNULL)
    original, other = (read_cloud(clouds / name).points for name in ("00003.ply", "00005.ply"))
    with qaadcodec.open(archive) as source:
        decoded = source[3]
        whole = whole_rate(archive)
        share = whole * 2 * multiplications(source.header.network) / product
    draco = DracoPy.encode(original, quantization_bits=11, compression_level=1)
    of_draco = POINTS / seconds(lambda: DracoPy.decode(draco))
    rng = np.random.default_rng(0)
    decoding = command_seconds("decode", str(archive), "-i3", "-o", str(folder / "o.ply"), "-f", "-q")
    starting = command_seconds("--version")
    return [
        Row("qaad decode, one cloud of 65 536 points", decoding, "s", f"{starting:.2f} s of it to start Python"),
        Row("qaad inspect", command_seconds("inspect", str(archive)), "s", f"{starting:.2f} s of it to start Python"),
        Row(
            "decoding a whole archive",
            whole / 1e6,
            "M points/s",
            f"{100 * share:.0f} % of the float32 product rate; {whole / of_draco:.2f} × Draco at 11 bits",
        ),
        *metric_rows(decoded, original),
        Row("Greedy, two skulls of 65 536 points, one core", timed(lambda: greedy(original, other, 128, rng), 3), "s"),
    ]


def whole_rate(archive: Path) -> float:
    """Points per second of decoding all clouds, as a program does that has no use for torch."""
    code = """
import sys, time, qaadcodec
taken = []
with qaadcodec.open(sys.argv[1]) as source:
    for _ in range(6):
        start = time.perf_counter()
        points = sum(len(source.points(i)) for i in range(len(source)))
        taken.append(time.perf_counter() - start)
print(points / sorted(taken[1:])[2])
"""
    done = subprocess.run([sys.executable, "-P", "-c", code, archive], check=True, capture_output=True, text=True)
    return float(done.stdout)


def metric_rows(decoded: Cloud, original: Cloud) -> list[Row]:
    """EM-kD beside the exact EMD, by the solver of the matrix and by ours."""
    whole, leaves = seconds(lambda: em_kd(decoded, original), 3), paired_subspaces(decoded, original, SUBSPACE)
    splitting = seconds(lambda: paired_subspaces(decoded, original, SUBSPACE), 3)
    x, y = (resample(cloud, 8192, 0).astype(np.float64) for cloud in (decoded, original))
    quick, ours = seconds(lambda: em_kd(x, y), 3), timed(lambda: emd(x, y))
    matrix = timed(lambda: assign_by_matrix(x, y))
    first_a, first_b = (decoded[leaves[0][0]], original[leaves[0][1]])
    one = timed(lambda: assign(first_a, first_b), 5)
    by_matrix = timed(lambda: assign_by_matrix(first_a, first_b), 5)
    return [
        Row("EM-kD of a decoded cloud of 65 536 points", whole, "s", f"{splitting:.3f} s of it to split"),
        Row("exact assignment of one of its leaves", one * 1e3, "ms", f"{by_matrix / one:.1f} × faster than scipy's"),
        Row("EM-kD of a decoded cloud of 8192 points", quick, "s", f"{matrix / quick:.0f} × faster than scipy's EMD"),
        Row("exact EMD of these 8192 points", ours, "s", f"scipy's: {matrix:.1f} s, {matrix / ours:.0f} ×"),
    ]


def main() -> None:
    """Measure everything, print a table, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [*training_rows(), *learning_rows()]
        product = next(row.value for row in rows if row.what == "matrix products, float32") * 1e9
        rows += archive_rows(Path(folder), product)
        if torch.cuda.is_available():
            rows += gpu_rows()
    print_rows(rows)
    if arguments.json:
        write_record(arguments.json, rows=as_json(rows))


if __name__ == "__main__":
    main()
