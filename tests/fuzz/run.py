"""Fuzzing: `bin/fuzz ply --time 10m`. Finds inputs that end in anything but clouds, numbers or a refusal with the file.

Targets are the cloud formats, `zip`, `stdin`, `archive`, `differential`, `javascript` and `all`. Exit code 1: something
was found.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(ROOT)]

from fuzz.guided import NOW, UNGUIDED  # noqa: E402
from fuzz.targets import TARGETS, Target  # noqa: E402

WORK = ROOT / ".fuzz"  # ignored by git; corpora grow there from run to run
RESULTS = HERE / "results.json"
UNITS = {"s": 1, "m": 60, "h": 3600}
LIMITS = ("-timeout=3600", "-report_slow_units=3600", "-rss_limit_mb=4096", "-max_len=65536", "-print_final_stats=1")
IN_MEMORY = Path("/dev/shm")  # formats that are read from temporary files have them there
ASKED = (-signal.SIGINT, -signal.SIGTERM)
MOST_DEATHS = 20  # of the fuzzing process in one run


class Outcome(NamedTuple):
    """What a run came to: inputs that were tried, kinds of findings that are not mended, seconds."""

    executions: int
    findings: int
    seconds: float


def main() -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog="bin/fuzz", description=__doc__.split("\n\n")[0])
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--time", default="1m", type=seconds, metavar="10m", help="how long each target is fuzzed")
    parser.add_argument("--runs", type=int, help="at most so many inputs")
    parser.add_argument("--seed", type=int, default=0, help="another one tries other inputs (default: by the clock)")
    parser.add_argument(
        "--unguided", action="store_true", help="count no branches: more inputs, those of guided runs changed at random"
    )
    parser.add_argument(
        "--input", type=Path, nargs="+", metavar="FILE", help="only try these files, and show the error"
    )
    parser.add_argument("--record", action="store_true", help="add what the run came to to tests/fuzz/results.json")
    arguments = parser.parse_args()
    if arguments.input:
        for path in arguments.input:
            TARGETS[arguments.target].run(path.read_bytes(), timed=True)
            print(f"{path}: nothing found")
        return 0
    found = 0
    for name in TARGETS if arguments.target == "all" else [arguments.target]:
        outcome = fuzz(TARGETS[name], arguments.time, arguments.runs, arguments.seed, guided=not arguments.unguided)
        found += outcome.findings
        print(
            f"{name}: {outcome.executions} executions, {outcome.findings} findings, {outcome.seconds:.0f} s", flush=True
        )
        if arguments.record:
            record(name, outcome, guided=not arguments.unguided)
    return 1 if found else 0


def seconds(text: str) -> int:
    """A time such as 90s, 10m or 2h."""
    match = re.fullmatch(r"(\d+)([smh])", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90s, 10m or 2h")
    return int(match[1]) * UNITS[match[2]]


def fuzz(target: Target, most_seconds: int, runs: int | None, seed: int, *, guided: bool = True) -> Outcome:
    """Fuzz a target for so long. A process that a library ends is a finding, and another one goes on."""
    work, start, executions = WORK / target.name, time.monotonic(), 0
    findings, log = work / "findings", work / "log.txt"
    for folder in (work / "corpus", findings):
        folder.mkdir(parents=True, exist_ok=True)
    own = work / "seeds"
    own.mkdir(exist_ok=True)
    for path in target.seeds:
        (own / f"{path.parent.name}-{path.name}").write_bytes(path.read_bytes())
    for _ in range(MOST_DEATHS):
        left = most_seconds - (time.monotonic() - start)
        if left < 1 or (runs is not None and executions >= runs):
            break
        limits = [*LIMITS, f"-max_total_time={left:.0f}", f"-artifact_prefix={findings}/", f"-seed={seed}"]
        if not guided:
            limits.append(UNGUIDED)
        if runs is not None:
            limits.append(f"-runs={runs - executions}")
        command = [sys.executable, str(HERE / "guided.py"), target.name, str(findings), *limits]
        command += [str(work / "corpus"), str(own)]
        surroundings = os.environ | ({"TMPDIR": str(IN_MEMORY)} if IN_MEMORY.is_dir() else {})
        (work / NOW).unlink(missing_ok=True)
        with log.open("w", encoding="utf-8") as stream:
            done = subprocess.run(command, stdout=stream, stderr=stream, cwd=work, env=surroundings, check=False)
        story = log.read_text(encoding="utf-8", errors="replace")
        executions += sum(map(int, re.findall(r"stat::number_of_executed_units: +(\d+)", story)))
        for line in re.findall(r"^found .*", story, re.MULTILINE):
            print(f"{target.name}: {line}", file=sys.stderr)
        if done.returncode == 0:
            break
        if not re.search(r"Test unit written to", story):
            if done.returncode not in ASKED and (work / NOW).exists():
                executions += keep_the_last(work / NOW, findings)
            else:
                sys.exit(f"bin/fuzz: the fuzzing process ended with {done.returncode}: see {log}")
        print(f"{target.name}: the process was ended: see {log}", file=sys.stderr)
    kinds = [path for path in findings.iterdir() if path.suffix != ".txt"]
    return Outcome(executions, len(kinds), time.monotonic() - start)


def keep_the_last(now: Path, findings: Path) -> int:
    """Keep the input that ended a process as a finding; the number of them, 1."""
    held = now.read_bytes()
    data = held[8 : 8 + int.from_bytes(held[:8], "little")]
    (findings / f"ended-{hashlib.sha256(data).hexdigest()[:10]}").write_bytes(data)
    now.unlink()
    return 1


def record(name: str, outcome: Outcome, *, guided: bool) -> None:
    """Add what a run came to to the table of results, whose executions are those since the last finding."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    before = {"executions": 0, "guided": 0, "seconds": 0} | results.get(name, {})
    if outcome.findings:
        before, outcome = before | {"executions": 0, "guided": 0}, outcome._replace(executions=0)
    results[name] = {
        "executions": before["executions"] + outcome.executions,
        "guided": before["guided"] + (outcome.executions if guided else 0),
        "open": outcome.findings,
        "seconds": before["seconds"] + round(outcome.seconds),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    ordered = {name: results[name] for name in TARGETS if name in results}
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command sets it for itself
    sys.exit(main())
