"""Every event of a run as a line of JSON in a file: what `--log` writes. formats/log.md describes it."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from qaadcodec.errors import EnvironmentFailure, QaadError
from qaadcodec.files import reason
from qaadcodec.progress import Event, Finished, Outlook, Planned
from qaadcodec.report.jsonlines import json_line
from qaadcodec.report.progress.unfailing import Unfailing

FIRST = b'{"time": "'  # every line of a log begins with it


class EventLog:
    """A listener and context manager that appends to a file; it never raises once it has been made.

    Every line has `time` (UTC), `elapsed` (seconds since the log was opened) and `kind`, then what the event holds. The
    first line of a run is of the kind "start", and the last one "end", or "error" where an exception ended the run.

    Args:
        path: of a file that does not exist, is empty, or is a log; or a device or pipe.
        start: what the first line says of the run.

    Raises:
        EnvironmentFailure: the file is something else, or cannot be written.
    """

    def __init__(self, path: Path, start: Mapping[str, Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        cut = check_log(path)
        try:
            self._stream = Unfailing(open(path, "a", encoding="utf-8"))  # noqa: SIM115 - closed in __exit__
        except OSError as error:
            raise EnvironmentFailure(f"cannot write {path}: {reason(error)}") from error
        self._clock, self._started, self._lock = clock, clock(), threading.Lock()
        if cut:
            self._stream.write("\n")
        self.write("start", start)

    def __call__(self, event: Event) -> None:
        match event:
            case Planned():
                self.write("plan", event.plan.to_dict())
            case Finished():
                self.write("summary", event.summary)
            case Outlook():
                phases = [{"phase": name, "expected_seconds": seconds} for name, seconds in event.phases]
                self.write("outlook", {**asdict(event), "phases": phases})
            case _:
                self.write(kind_of(type(event)), asdict(event))

    def write(self, kind: str, record: Mapping[str, Any]) -> None:
        """A line, in one call: the thread that answers Ctrl-C may be writing too."""
        time_of_day = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self._lock:
            seconds = round(self._clock() - self._started, 3)
            self._stream.write(json_line({"time": time_of_day, "elapsed": seconds, "kind": kind, **record}) + "\n")
            self._stream.flush()

    @property
    def failure(self) -> str | None:
        """Why the log is not whole; None as long as it is."""
        return self._stream.reason

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.write("end", {})
        else:
            hint = error.hint if isinstance(error, QaadError) else None
            self.write("error", {"error": type(error).__name__, "text": str(error), "hint": hint})
        self._stream.close()


def kind_of(event: type) -> str:
    """`phase_started` for PhaseStarted."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()


def check_log(path: Path) -> bool:
    """Refuse to append to a file that is no log; tell whether its last line has no end, as a full disk leaves it.

    Raises:
        EnvironmentFailure: names it.
    """
    try:
        if not path.is_file() or os.path.getsize(path) == 0:
            return False
        with open(path, "rb") as file:
            found = file.read(len(FIRST))
            file.seek(-1, os.SEEK_END)
            last = file.read(1)
    except OSError as error:
        raise EnvironmentFailure(f"cannot read {path}: {reason(error)}") from error
    if found != FIRST:
        raise EnvironmentFailure(f"{path} exists already and is no log of qaad", hint="name another file with --log")
    return last != b"\n"
