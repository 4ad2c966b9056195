"""How fast qaad is on this machine's CPU, beside what limits it; all in one run.

    bin/bench speed                                        # a table
    bin/bench speed --json tests/bench/results/speed.json  # and the numbers, with the hardware named

Takes about two minutes on two cores. The set is made by `qaad synth`. Ratios compare what ran side by side here;
single seconds depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from math import prod
from pathlib import Path

import DracoPy
import numpy as np
import torch
from torch.nn import functional

import qaadcodec
from qaadcodec.assignment.greedy import greedy
from qaadcodec.assignment.linear import cores
from qaadcodec.clouds import read_cloud, resample
from qaadcodec.config import NetworkConfig
from qaadcodec.metrics.em_kd import em_kd, emd
from qaadcodec.model.network import FoldingNetwork, encode_input
from qaadcodec.training.step import cloud_by_cloud, threads

CLOUDS, POINTS, BUDGET = 8, 65536, "90s"
BATCH, PER_STEP = 4, 2048


@dataclass(frozen=True)
class Row:
    """One measurement: what, how much of which unit, and how it stands to another one of the same run."""

    what: str
    value: float
    unit: str
    beside: str = ""


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """Median of several runs after one that does not count."""
    work()
    return timed(work, runs)


def timed(work: Callable[[], object], runs: int = 1) -> float:
    """Median of several runs."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def product_rate(dtype: torch.dtype) -> float:
    """FLOP/s of products of the sizes that training has, one per core at a time."""
    rows, wide, narrow = PER_STEP, 256, 128
    with threads() as run:
        pairs = [
            (torch.randn(rows, wide, dtype=dtype), torch.randn(wide, narrow, dtype=dtype)) for _ in range(8 * run.count)
        ]
        took = seconds(lambda: list(run.pool.map(lambda pair: [pair[0] @ pair[1] for _ in range(8)], pairs)))
    return len(pairs) * 8 * 2 * rows * wide * narrow / took


def multiplications(network: NetworkConfig) -> int:
    """Multiplications per point of one forward pass; the modulation is per cloud and not counted."""
    shapes = network.tensor_shapes()
    shared = sum(prod(s) for name, s in shapes.items() if name.startswith("shared") and name.endswith("weight"))
    return shared + sum(
        prod(s[1:]) for name, s in shapes.items() if name.startswith("head") and name.endswith("weight")
    )


def patch_loop(network: FoldingNetwork, q: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
    """The same network with its heads in a Python loop over patches, as AtlasNet's released code runs them."""
    patches, s, _ = q.shape
    h = encode_input(q.reshape(-1, 3), network.config.fourier_octaves).expand(len(latents), -1, -1)
    for weight, bias in network.modulated(latents):
        h = functional.selu(torch.baddbmm(bias[:, None, :], h, weight.transpose(1, 2)))
    h = h.reshape(len(latents), patches, s, -1)
    out = []
    for k in range(patches):
        f = torch.cat([h[:, k], q[k].expand(len(latents), -1, -1)], dim=2)
        heads = network.heads()
        for j, (weight, bias) in enumerate(heads):
            f = functional.linear(f, weight[k], bias[k])
            f = functional.selu(f) if j + 1 < len(heads) else f
        out.append(q[k] + f)
    return torch.cat(out, dim=1)


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
        with threads() as run:
            chosen = run if dtype is None else replace(run, dtype=dtype)
            return (
                BATCH
                * PER_STEP
                / seconds(lambda: cloud_by_cloud(network, q, latents, targets, chosen)[0].backward(), 20)
            )

    looped = autograd(lambda points, table: patch_loop(network, points, table))
    rates = {
        "cloud by cloud, as it trains here": threaded(None),
        "cloud by cloud, float32": threaded(torch.float32),
        "autograd over the batch, float32": autograd(network),
        "the same with a loop over 128 patches": looped,
    }
    with threads() as run:
        native = run.dtype
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


def archive_rows(folder: Path) -> list[Row]:
    """What decoding, looking into and comparing cost, on a set of CLOUDS × POINTS learnt in BUDGET."""
    clouds, archive = folder / "skulls", folder / "skulls.qaad"
    qaad = [sys.executable, "-P", "-m", "qaadcodec"]
    subprocess.run([*qaad, "synth", "skulls", f"-n{CLOUDS}", f"-m{POINTS}", "-o", clouds, "-q"], check=True)
    compress = [*qaad, "compress", clouds, "-o", archive, "--budget", BUDGET, "-q"]
    subprocess.run(compress, check=True, stdout=subprocess.DEVNULL)
    original, other = (read_cloud(clouds / name).points for name in ("00003.ply", "00005.ply"))
    with qaadcodec.open(archive) as source:
        decoded = source[3]
        whole = CLOUDS * POINTS / seconds(lambda: [source.points(i) for i in range(CLOUDS)], 3)
    draco = DracoPy.encode(original, quantization_bits=11, compression_level=1)
    of_draco = POINTS / seconds(lambda: DracoPy.decode(draco))
    small = resample(decoded, 8192, 0), resample(original, 8192, 0)
    quick, exact = seconds(lambda: em_kd(*small), 3), timed(lambda: emd(*small))
    rng = np.random.default_rng(0)
    decoding = command_seconds("decode", str(archive), "-i3", "-o", str(folder / "o.ply"), "-f", "-q")
    faster = f"{exact / quick:.0f} × faster than the exact EMD, {exact:.1f} s"
    return [
        Row("qaad decode, one cloud of 65 536 points", decoding, "s", "from prompt to prompt"),
        Row("qaad inspect", command_seconds("inspect", str(archive)), "s", "from prompt to prompt"),
        Row("decoding a whole archive", whole / 1e6, "M points/s", f"{whole / of_draco:.2f} × Draco at 11 bits"),
        Row("EM-kD of a decoded cloud of 65 536 points", seconds(lambda: em_kd(decoded, original), 3), "s"),
        Row("EM-kD of a decoded cloud of 8192 points", quick, "s", faster),
        Row("Greedy, two skulls of 65 536 points", timed(lambda: greedy(original, other, 128, rng), 3), "s"),
    ]


def hardware() -> dict[str, object]:
    """What this ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    bf16 = bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())
    return {"cpu": models[0] if models else platform.processor(), "cores": cores(), "native bfloat16": bf16, **versions}


def main() -> None:
    """Measure everything, print a table, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [*training_rows(), *archive_rows(Path(folder))]
    machine = hardware()
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    for row in rows:
        print(f"{row.what:<58} {row.value:>9.3g} {row.unit:<11} {row.beside}")
    if arguments.json:
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        ).stdout.strip()
        record = {"hardware": machine, "commit": commit, "rows": [asdict(row) for row in rows]}
        arguments.json.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
