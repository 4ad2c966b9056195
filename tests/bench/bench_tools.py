"""What the benchmarks share: timing, rows of a table, the hardware they name, and the record that is committed."""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from qaadcodec.config import AssignmentConfig
from qaadcodec.parallel import cores
from qaadcodec.progress import Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.backend import Backend, choose_backend
from qaadcodec.training.predict import Prediction

COMMAND = Path(__file__).resolve().parents[2] / "bin" / "qaad"


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


def assign_all(
    store: TargetStore, prediction: Prediction, assignment: AssignmentConfig, seed: int, backend: Backend | None = None
) -> None:
    """Bring every cloud into the row order of its prediction, as a training begins; on the CPU unless it is said."""
    run = Run(seed=seed)
    with run.phase("assigning", len(store), "clouds") as phase:
        (backend or choose_backend("cpu")).assign(store, prediction, assignment, run, phase)


def hardware() -> dict[str, object]:
    """What this ran on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    bf16 = bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())
    cpu = {"cpu": models[0] if models else platform.processor(), "cores": cores(), "native bfloat16": bf16}
    gpu = {"gpu": torch.cuda.get_device_name()} if torch.cuda.is_available() else {}
    return cpu | gpu | versions


def commit() -> str:
    """The commit that was measured."""
    return subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()


def write_record(path: Path, **results: object) -> None:
    """Write results as JSON, with the hardware and the commit."""
    record = {"hardware": hardware(), "commit": commit(), **results}
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def print_rows(rows: list[Row]) -> None:
    """The rows as a table, under the hardware."""
    print(", ".join(f"{key} {value}" for key, value in hardware().items()))
    for row in rows:
        print(f"{row.what:<58} {row.value:>9.3g} {row.unit:<11} {row.beside}")


def as_json(rows: list[Row]) -> list[dict[str, object]]:
    """The rows as JSON holds them."""
    return [asdict(row) for row in rows]
