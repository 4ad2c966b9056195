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

from mutation.equivalent import description, equivalent  # noqa: E402
from mutation.mutants import mutants  # noqa: E402
from mutation.places import Job  # noqa: E402
from mutation.processes import KILLED, SURVIVED, TIMED_OUT  # noqa: E402
from mutation.session import fates  # noqa: E402

RESULTS = HERE / "results.json"
SEED = 1
EQUIVALENT = "equivalent"
_KERNELS = "tests/unit/assignment/kernels"
APART = [  # tests that start a Python of their own, which does not have the mutant
    f"--deselect={_KERNELS}/test_ready.py",
    f"--deselect={_KERNELS}/test_compiling.py::test_a_function_that_cannot_be_kept_is_compiled_all_the_same",
    f"--deselect={_KERNELS}/test_compiling.py::test_without_a_home_the_code_is_kept_in_a_private_folder",
]
# A package of the source, and the tests that are to notice. What takes long is left out.
TESTS = {
    "assignment": (
        "qaadcodec/assignment",
        ["tests/unit/assignment", "tests/properties/test_bijection_laws.py", *APART],
    ),
    "archive": ("qaadcodec/archive", ["tests/unit/archive", "tests/conformance/test_archive_vectors.py"]),
    "metrics": ("qaadcodec/metrics", ["tests/unit/metrics", "tests/properties/test_distance_laws.py"]),
    "quantise": ("qaadcodec/training/quantise", ["tests/unit/training/quantise"]),
}
# Mutants of kernels run as plain Python, a hundred times slower, so they are shown only to tests that are near.
PLAIN = [f"{_KERNELS}/test_exact.py", f"{_KERNELS}/test_splitting.py", f"{_KERNELS}/test_compiling.py", *APART]
PLAIN += ["tests/unit/assignment/test_linear.py", "tests/unit/assignment/test_subspaces.py"]
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
        chosen, there = jobs, {description(job) for job in jobs}
        for file, line, what in equivalent():
            if file.startswith(TESTS[package][0]) and (file, line, what) not in there:
                print(f"equivalent.json has {file}: {line}: {what}; no mutant is that now")
        if arguments.sample is not None and arguments.sample < len(jobs):
            chosen = sorted(Random(arguments.seed).sample(jobs, arguments.sample), key=jobs.index)
        chosen = [job for job in chosen if arguments.only in str(job)]
        counts, took = try_all(package, chosen)
        noticed = counts[KILLED] + counts[TIMED_OUT]
        print(
            f"{package}: {noticed} of {len(chosen)} noticed ({counts[TIMED_OUT]} never ended), and"
            f" {counts[EQUIVALENT]} can't be, of {len(jobs)} mutants; {took:.0f} s of a processor"
        )
        if arguments.record:
            found = {"noticed": noticed, "equivalent": counts[EQUIVALENT], "seconds": round(took)}
            seed = {"seed": arguments.seed} if len(chosen) < len(jobs) else {}
            record(package, {"mutants": len(jobs), "tried": len(chosen), **seed, **found})
    return 0


def all_jobs(package: str) -> list[Job]:
    """All mutants of a package."""
    folder = ROOT / TESTS[package][0]
    return [Job(path, mutant) for path in sorted(folder.rglob("*.py")) for mutant in mutants(path.read_text("utf-8"))]


def try_all(package: str, jobs: Sequence[Job]) -> tuple[Counter[str], float]:
    """How many mutants ended how, and the seconds of a processor that it took. Survivors are printed."""
    counts, took, done, known = Counter[str](), os.times(), 0, equivalent()
    for plain in (False, True):
        if some := [job for job in jobs if job.plain == plain]:
            for job, state in fates(ROOT / TESTS[package][0], PLAIN if plain else TESTS[package][1], some):
                why = known.get(description(job)) if state == SURVIVED else None
                counts[EQUIVALENT if why else state] += 1
                done += 1
                if state != KILLED:
                    print(f"{state}: {job}" + (f" ({why})" if why else ""), flush=True)
                if sys.stderr.isatty():
                    print(f"{package}: {done} of {len(jobs)}", end="\r", file=sys.stderr)
    return counts, sum(os.times()[:4]) - sum(took[:4])


def record(package: str, counts: dict[str, int]) -> None:
    """Put counts into the table of results."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results[package] = counts | {"date": datetime.datetime.now(datetime.UTC).date().isoformat()}
    ordered = {name: results[name] for name in TESTS if name in results}
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
