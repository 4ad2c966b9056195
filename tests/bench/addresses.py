"""Little memory: the least limit of addresses (`ulimit -v`) under which libraries can be used, and commands work.

    bin/bench addresses                                            # by halving, to 1 %; some minutes
    bin/bench addresses --json tests/bench/results/addresses.json  # and the numbers, with the hardware named

On one core, since OpenBLAS and PyTorch take more for each. What has not ended after half a minute has failed: with too
little, PyTorch may try for ever.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench_tools import Row, as_json, print_rows, write_record

MIB = 1 << 20
LEAST, MOST = 8, 4096  # MiB
SHARE = 1.01  # that two limits may lie apart at the end
PATIENCE = 30  # seconds
LIBRARIES = {
    "Python": "pass",
    "numpy": "import numpy",
    "numpy, and `scipy.spatial`, `scipy.optimize`": "import numpy, scipy.spatial, scipy.optimize",
    "numpy, and numba": "import numpy, numba",
    "numpy, and PyTorch": "import numpy, torch",
    "numpy, and `matplotlib.figure`": "import numpy, matplotlib.figure",
}
COMMANDS = {
    "`qaad decode --all`, 8 clouds of 512 points": "decode set.qaad --all -o {0}/out/ -q",
    "`qaad synth skulls -n 2 -m 300`": "synth skulls -n 2 -m 300 -o {0}/out/ -q",
    "`qaad eval --metrics em_kd` of the 8 clouds": "eval set.qaad set/ --metrics em_kd -q",
    "`qaad encode` of one of them": "encode set.qaad set/00000.ply -o {0}/out.qaad --device cpu -q",
}
PYTHON = [sys.executable, "-P"]
QAAD = [*PYTHON, "-m", "qaadcodec"]


def least(works: Callable[[int], bool]) -> float:
    """The least limit in MiB under which something works, found by halving the ratio of two limits."""
    low, high = float(LEAST), float(MOST)
    if not works(MOST):
        raise SystemExit(f"it does not work under {MOST} MiB")
    while high > SHARE * low:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if works(int(middle)) else (middle, high)
    return high


def under(limit: int, command: list[str], folder: Path) -> bool:
    """Whether a command ends well under a limit of so many MiB, in a folder that holds the set and its archive."""

    def restrict() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit * MIB, limit * MIB))

    with tempfile.TemporaryDirectory() as output:
        words = [word.format(output) for word in command]
        try:
            done = subprocess.run(words, cwd=folder, capture_output=True, timeout=PATIENCE, preexec_fn=restrict)
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def make(folder: Path) -> None:
    """A small set and its archive."""
    for line in ("synth skulls -n 8 -m 512 -o set/ -q", "compress set/ -o set.qaad --epochs 2 --device cpu -q"):
        subprocess.run([*QAAD, *line.split()], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def rows(folder: Path) -> list[Row]:
    """The least limit of each library and each command; beside a library what it takes more than what is below it."""
    found: dict[str, float] = {}
    for what, code in LIBRARIES.items():
        found[what] = least(lambda limit, code=code: under(limit, [*PYTHON, "-c", code], folder))
    below = {"Python": "", "numpy": "Python"}
    table = []
    for what, limit in found.items():
        base = below.get(what, "numpy")
        table.append(Row(what, limit, "MiB", f"{limit - found[base]:.0f} MiB more than {base}" if base else ""))
    for what, line in COMMANDS.items():
        limit = least(lambda limit, line=line: under(limit, [*QAAD, *line.split()], folder))
        table.append(Row(what, limit, "MiB"))
    return table


def main() -> None:
    """Measure, print a table, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        measured = rows(Path(folder))
    print_rows(measured)
    if arguments.json:
        write_record(arguments.json, rows=as_json(measured))


if __name__ == "__main__":
    main()
