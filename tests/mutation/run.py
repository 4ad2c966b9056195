"""Mutation testing: `bin/mutate assignment`. Which small mistakes in the source do the unit tests notice?

Packages are `assignment`, `archive`, `metrics`, `quantise` and `all`. Exit code 0, whatever the share is.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from types import ModuleType
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(ROOT)]

from mutation.mutants import Mutant, mutants, mutated  # noqa: E402

RESULTS = HERE / "results.json"
SEED = 1
# A package of the source, and the tests that are to notice. What takes long is left out.
TESTS = {
    "assignment": ("qaadcodec/assignment", ["tests/unit/assignment", "tests/properties/test_bijection_laws.py"]),
    "archive": ("qaadcodec/archive", ["tests/unit/archive", "tests/conformance/test_archive_vectors.py"]),
    "metrics": ("qaadcodec/metrics", ["tests/unit/metrics", "tests/properties/test_distance_laws.py"]),
    "quantise": ("qaadcodec/training/quantise", ["tests/unit/training/quantise"]),
}
# Imported once, before a process is made for each mutant: they take seconds, and are not mutated.
HEAVY = ("constriction", "hypothesis", "numba", "numpy", "pytest", "scipy.spatial", "scipy.optimize", "torch")
LEAST_SECONDS, TIMES = 10, 6  # a mutant may take so many times what the tests take of a processor
KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"


class Job(NamedTuple):
    """A mutant of a file of the source."""

    path: Path
    mutant: Mutant

    @property
    def module(self) -> str:
        """The name that the file is imported by."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.mutant.line}: {self.mutant.what}"


def main() -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog="bin/mutate", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("package", choices=[*TESTS, "all"])
    parser.add_argument("--sample", type=int, metavar="N", help="try N mutants that are drawn at random, not all")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the draw (default: {SEED})")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="only mutants whose description has it: a file, a line"
    )
    parser.add_argument("--record", action="store_true", help="put the counts into tests/mutation/results.json")
    arguments = parser.parse_args()
    if not hasattr(os, "fork"):
        sys.exit("bin/mutate: this system cannot fork processes, which each mutant needs")
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in HEAVY:
        importlib.import_module(name)
    gc.freeze()  # what every process shares need not be looked through in each
    for package in TESTS if arguments.package == "all" else [arguments.package]:
        jobs = [job for job in all_jobs(package) if arguments.only in str(job)]
        chosen = jobs
        if arguments.sample is not None and arguments.sample < len(jobs):
            chosen = sorted(Random(arguments.seed).sample(jobs, arguments.sample), key=jobs.index)
        counts, took = try_all(package, chosen)
        noticed = counts[KILLED] + counts[TIMED_OUT]
        print(
            f"{package}: {noticed} of {len(chosen)} noticed ({counts[TIMED_OUT]} never ended), of {len(jobs)} mutants"
        )
        if arguments.record:
            record(package, {"mutants": len(jobs), "tried": len(chosen), "noticed": noticed, "seconds": round(took)})
    return 0


def all_jobs(package: str) -> list[Job]:
    """All mutants of a package."""
    folder = ROOT / TESTS[package][0]
    return [Job(path, mutant) for path in sorted(folder.rglob("*.py")) for mutant in mutants(path.read_text("utf-8"))]


def try_all(package: str, jobs: Sequence[Job]) -> tuple[Counter[str], float]:
    """How many mutants ended how, and the seconds that it took. Survivors are printed."""
    start, counts, usual = time.monotonic(), Counter[str](), dict[tuple[str, ...], float]()
    for i, job in enumerate(jobs):
        state, plain = SURVIVED, "/kernels/" in job.path.as_posix()
        for tests in tests_of(package, job):
            key = (*tests, str(plain))
            if key not in usual:
                whole, usual[key] = in_a_process(tests, None, 10_000, plain)
                if whole != SURVIVED:
                    sys.exit(f"bin/mutate: without a mutant these fail: {' '.join(tests)}")
            state, _ = in_a_process(tests, job, int(max(LEAST_SECONDS, TIMES * usual[key])), plain)
            if state != SURVIVED:
                break
        counts[state] += 1
        if state != KILLED:
            print(f"{state}: {job}", flush=True)
        if sys.stderr.isatty():
            print(f"{package}: {i + 1} of {len(jobs)}", end="\r", file=sys.stderr)
    return counts, time.monotonic() - start


def tests_of(package: str, job: Job) -> list[list[str]]:
    """The tests that are to notice: those of the file itself, which most often do, and then all others of the package."""
    own = Path("tests/unit", *job.path.relative_to(ROOT).parts[1:-1], f"test_{job.path.stem}.py").as_posix()
    if not (ROOT / own).exists():
        return [TESTS[package][1]]
    return [[own], [f"--ignore={own}", *TESTS[package][1]]]


def in_a_process(tests: list[str], job: Job | None, seconds: int, plain: bool) -> tuple[str, float]:
    """What became of the mutant, or of the source itself, in a process; and the seconds of a processor that it took.

    Args:
        plain: do without numba, which would take machine code from the disk that was made of the source itself.
    """
    child = os.fork()
    if child == 0:
        try:
            code = run_tests(tests, job, seconds, plain)
        except BaseException:
            code = 1
        os._exit(code)
    _, status, used = os.wait4(child, 0)
    took = used.ru_utime + used.ru_stime
    if os.WIFSIGNALED(status):
        return TIMED_OUT if took >= seconds - 1 else KILLED, took
    return SURVIVED if os.WEXITSTATUS(status) == 0 else KILLED, took


def run_tests(tests: list[str], job: Job | None, seconds: int, plain: bool) -> int:
    """In the process of a mutant: the exit code of pytest."""
    import resource

    import numba
    import pytest

    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    if plain:
        numba.config.DISABLE_JIT = True
    if job is not None:
        sys.meta_path.insert(0, Finder(job))
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore", *tests]))


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the mutant where its module is imported."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The specification of the mutated module, None of all others."""
        if name != self._job.module:
            return None
        where = self._job.path
        inside = [str(where.parent)] if where.stem == "__init__" else None
        return importlib.util.spec_from_file_location(name, where, loader=self, submodule_search_locations=inside)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """An empty module, as usual."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant."""
        tree = mutated(self._job.path.read_text("utf-8"), self._job.mutant)
        exec(compile(tree, str(self._job.path), "exec"), module.__dict__)


def record(package: str, counts: dict[str, int]) -> None:
    """Put counts into the table of results."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results[package] = counts | {"date": datetime.datetime.now(datetime.UTC).date().isoformat()}
    ordered = {name: results[name] for name in TESTS if name in results}
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
