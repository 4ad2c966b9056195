"""Mutation testing: `bin/mutate assignment`. Which small mistakes in the source do the unit tests notice?

Packages are `assignment`, `archive`, `metrics`, `quantise` and `all`. Exit code 0, whatever the share is.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import importlib
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(ROOT)]

from mutation.mutants import mutants  # noqa: E402
from mutation.processes import KILLED, SURVIVED, TIMED_OUT, Job, reach_of, tried  # noqa: E402
from mutation.reach import Reach, function_around  # noqa: E402

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
    gc.freeze()  # what all processes share need not be looked through in each
    for package in TESTS if arguments.package == "all" else [arguments.package]:
        jobs = all_jobs(package)
        chosen = jobs
        if arguments.sample is not None and arguments.sample < len(jobs):
            chosen = sorted(Random(arguments.seed).sample(jobs, arguments.sample), key=jobs.index)
        chosen = [job for job in chosen if arguments.only in str(job)]
        counts, took = try_all(package, chosen)
        noticed = counts[KILLED] + counts[TIMED_OUT]
        print(
            f"{package}: {noticed} of {len(chosen)} noticed ({counts[TIMED_OUT]} never ended), of {len(jobs)} mutants;"
            f" {took:.0f} s of a processor"
        )
        if arguments.record:
            record(package, {"mutants": len(jobs), "tried": len(chosen), "noticed": noticed, "seconds": round(took)})
    return 0


def all_jobs(package: str) -> list[Job]:
    """All mutants of a package."""
    folder = ROOT / TESTS[package][0]
    return [Job(path, mutant) for path in sorted(folder.rglob("*.py")) for mutant in mutants(path.read_text("utf-8"))]


def try_all(package: str, jobs: Sequence[Job]) -> tuple[Counter[str], float]:
    """How many mutants ended how, and the seconds of a processor that it took. Survivors are printed."""
    counts, reaches, took = Counter[str](), dict[bool, Reach](), 0.0
    for i, job in enumerate(jobs):
        if job.plain not in reaches:
            reaches[job.plain], used = reach_of(ROOT / TESTS[package][0], TESTS[package][1], job.plain)
            took += used
        state = SURVIVED
        for tests in stages(job, reaches[job.plain]):
            state, used = tried(job, tests)
            took += used
            if state != SURVIVED:
                break
        counts[state] += 1
        if state != KILLED:
            print(f"{state}: {job}", flush=True)
        if sys.stderr.isatty():
            print(f"{package}: {i + 1} of {len(jobs)}", end="\r", file=sys.stderr)
    return counts, took


def stages(job: Job, reach: Reach) -> list[dict[str, float]]:
    """The tests that are to notice, with their seconds: those in the mutant's own test file, and then all others.

    Most mutants are noticed by the former, so that the files of the latter need not even be imported.
    """
    parts = job.path.relative_to(ROOT).parts[1:-1]
    own = Path("tests/unit", *parts, f"test_{job.path.stem}.py").as_posix() + "::"
    reaching = reach.tests_of(function_around(job.path, job.mutant.line))
    both = [test for test in reaching if test.startswith(own)], [test for test in reaching if not test.startswith(own)]
    return [{test: reach.seconds[test] for test in tests} for tests in both if tests]


def record(package: str, counts: dict[str, int]) -> None:
    """Put counts into the table of results."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results[package] = counts | {"date": datetime.datetime.now(datetime.UTC).date().isoformat()}
    ordered = {name: results[name] for name in TESTS if name in results}
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
