"""Where the time goes when `qaad decode` gets one cloud out of an archive, from prompt to prompt.

    bin/bench decoding                                           # 8 skulls of 65 536 points, compressed for 90 s
    bin/bench decoding --archive scans.qaad                      # an archive that is there
    bin/bench decoding --json tests/bench/results/decoding.json  # and the numbers, with the hardware named

The parts are run one after the other in a process of their own, as the command runs them, and the command itself beside
them; both are medians. Beside the time of each part is what it took of processors, which counts where other programs
run. All of it is done in an environment that has the package as pip installs it: not as in a checkout, where Python
takes ten milliseconds more to find it. "first call" is the same where modules are not compiled yet; pip compiles what
it installs.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from pathlib import Path

from bench_tools import Row, as_json, print_rows, timed, write_record

import qaadcodec

CLOUDS, POINTS, BUDGET, RUNS = 8, 65536, "90s", 15
BINARIES = "Scripts" if os.name == "nt" else "bin"
SCRIPT = "from qaadcodec.__main__ import main\nmain()\n"  # as pip writes it

PARTS = """
import json, sys, time
marks = [("Python starts", time.time(), time.process_time())]
def mark(what):
    marks.append((what, time.time(), time.process_time()))
archive, output = sys.argv[1:]
import qaadcodec.__main__  # which says how often to look for garbage, and how to end
import click
mark("import click")
import qaadcodec.cli.main, qaadcodec.cli.decode
mark("import the command")
import numpy
mark("import numpy")
import constriction
from qaadcodec.codec.open import open as open_archive
import qaadcodec.codec.decode
mark("import what decodes")
source = open_archive(archive)
source.latents([3]), source.pose(3), source.names
mark("frame, header, names, one block of latents")
source.weights
mark("weights: entropy decoding")
source.input_cloud
mark("input cloud: entropy decoding")
points = source.points(3)
mark("fold, and move to input units")
qaadcodec.codec.decode.write_cloud(__import__("pathlib").Path(output), points, "ply", overwrite=True)
mark("write PLY")
print(json.dumps(marks))
qaadcodec.__main__.leave(0)
"""


Parts = dict[str, tuple[float, float]]


def parts(python: Path, archive: Path, output: Path) -> Parts:
    """Seconds of each part of one run, and seconds of processors; the last is the end of Python."""
    begun, spent = time.time(), children_seconds()
    done = subprocess.run([python, "-P", "-c", PARTS, archive, output], check=True, capture_output=True, text=True)
    taken: Parts = {}
    last, last_used = begun, 0.0
    for what, at, used in json.loads(done.stdout):
        taken[what] = at - last, used - last_used
        last, last_used = at, used
    taken["Python ends"] = time.time() - last, children_seconds() - spent - last_used
    return taken


def children_seconds() -> float:
    """Processor time of all processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def installed(folder: Path, *, compiled: bool = True) -> Path:
    """The Python of a new environment that has the package, and sees the libraries of this one."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    python = folder / BINARIES / Path(sys.executable).name
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    package = Path(qaadcodec.__file__).parent
    shutil.copytree(package, packages / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    script = folder / BINARIES / "qaad"
    script.write_text(f"#!{python}\n{SCRIPT}", encoding="utf-8")
    script.chmod(0o755)
    if compiled:
        compileall.compile_dir(packages, quiet=1)
    return python


def command_seconds(python: Path, archive: Path, output: Path) -> float:
    """The command itself, from prompt to prompt."""
    command = [python, python.with_name("qaad"), "decode", archive, "-i3", "-o", output, "-f", "-q"]
    return timed(lambda: subprocess.run(command, check=True))


def first_call(archive: Path, folder: Path) -> float:
    """The command of a package without compiled modules."""
    taken = command_seconds(installed(folder / "first", compiled=False), archive, folder / "first.ply")
    shutil.rmtree(folder / "first")
    return taken


def rows(archive: Path, folder: Path, runs: int) -> list[Row]:
    """A row for each part, and for the whole."""
    output, python = folder / "out.ply", installed(folder / "installed")
    each = [parts(python, archive, output) for _ in range(runs + 1)][1:]
    table = []
    for what in [*each[0], "all of these, in one process"]:
        both = [taken.get(what) or tuple(map(sum, zip(*taken.values(), strict=True))) for taken in each]
        wall, used = (1e3 * statistics.median(kind) for kind in zip(*both, strict=True))
        table.append(Row(what, wall, "ms", f"{used:.0f} ms of processors"))
    calls = [command_seconds(python, archive, output) for _ in range(runs)]
    firsts = [first_call(archive, folder) for _ in range(max(1, runs // 3))]
    return [
        *table,
        Row("qaad decode, prompt to prompt", statistics.median(calls) * 1e3, "ms", f"least {min(calls) * 1e3:.0f} ms"),
        Row("its first call, modules not compiled", statistics.median(firsts) * 1e3, "ms"),
    ]


def make(folder: Path) -> Path:
    """An archive of skulls, made by the command."""
    qaad = [sys.executable, "-P", "-m", "qaadcodec"]
    clouds, archive = folder / "skulls", folder / "skulls.qaad"
    subprocess.run([*qaad, "synth", "skulls", f"-n{CLOUDS}", f"-m{POINTS}", "-o", clouds, "-q"], check=True)
    command = [*qaad, "compress", clouds, "-o", archive, "--budget", BUDGET, "-q"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return archive


def main() -> None:
    """Measure, print a table, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, help="instead of one that is made")
    parser.add_argument("--runs", type=int, default=RUNS, help="medians of so many runs")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    arguments = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as folder:
        archive = arguments.archive or make(Path(folder))
        measured = rows(archive, Path(folder), arguments.runs)
    print_rows(measured)
    if arguments.json:
        write_record(arguments.json, rows=as_json(measured))


if __name__ == "__main__":
    main()
