"""How errors and sizes went in runs that are over, or still going on: read back from the logs that `--log` wrote."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.files import reason
from qaadcodec.report.progress.event_log import FIRST

LONGEST = 1 << 20  # bytes of a first line


class Report(NamedTuple):
    """What a training told of itself once.

    Attributes:
        seconds: since the run began.
        epochs: that were done.
        error: the matched error, a share.
        size: bytes that the archive would have taken; None where that was not known yet.
    """

    seconds: float
    epochs: float
    error: float
    size: float | None


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run of a log.

    Attributes:
        log: the file.
        number: of the run in it, from 1.
        trainings: the reports of each of its trainings; a run that looks for an error that was asked for has several.
    """

    log: Path
    number: int
    trainings: list[list[Report]] = field(default_factory=list)

    @property
    def reports(self) -> list[Report]:
        """Those of all trainings."""
        return [report for training in self.trainings for report in training]


class Log(NamedTuple):
    """What a log holds.

    Attributes:
        runs: all of them, in their order, those without a training too.
        unreadable: lines that are no JSON, as a full disk cuts them.
    """

    runs: list[PastRun]
    unreadable: int


def read_log(path: Path) -> Log:
    """The runs of a log; "-" is stdin.

    Raises:
        EnvironmentFailure: the file cannot be read, or is no log.
    """
    hint = "qaad compress … --log RUN.jsonl writes one"
    name = Path("stdin") if str(path) == "-" else path
    try:
        with nullcontext(sys.stdin.buffer) if str(path) == "-" else open(path, "rb") as file:
            first = file.readline(LONGEST)
            if not first.startswith(FIRST):
                what = "is empty" if not first else "is no log of qaad"
                raise EnvironmentFailure(f"{name} {what}", hint=hint)
            return runs_of(name, chain([first], file))
    except OSError as error:
        raise EnvironmentFailure(f"cannot read {name}: {reason(error)}") from error


def runs_of(path: Path, lines: Iterable[bytes]) -> Log:
    """The runs that these lines of a log tell of. A line of a kind that is not known is passed over."""
    runs: list[PastRun] = []
    begun: set[str] = set()  # phases that have begun and told nothing yet
    unreadable = 0
    for record in map(parsed, lines):
        if record is None:
            unreadable += 1
            continue
        kind, phase = record.get("kind"), str(record.get("phase"))
        if kind == "start" or not runs:
            runs.append(PastRun(path, len(runs) + 1))
        trainings = runs[-1].trainings
        if kind == "phase_started":
            begun.add(phase)
        elif kind == "progress" and (report := report_of(record)) is not None:
            if phase in begun or not trainings:
                trainings.append([])
                begun.discard(phase)
            trainings[-1].append(report)
    return Log(runs, unreadable)


def parsed(line: bytes) -> Mapping[str, Any] | None:
    """A line as JSON; None where it is not an object."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def report_of(record: Mapping[str, Any]) -> Report | None:
    """What a line of the kind "progress" tells of a training; None where it tells of no error."""
    seconds, epochs, error, size = (
        number(record.get(key)) for key in ("elapsed", "done", "matched_error", "archive_bytes")
    )
    if seconds is None or epochs is None or error is None:
        return None
    return Report(seconds, epochs, error, size)


def number(value: object) -> float | None:
    """A finite number that is not negative; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) and found >= 0 else None
