"""Progress as plain lines, for logs and pipes: few, whole, and free of control characters."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from qaadcodec.progress import Event, Notice, PhaseEnded, PhaseStarted, Progress
from qaadcodec.report.progress.phases import amount_of_all, parts_of, share_of, time_left
from qaadcodec.report.progress.trend import Trend
from qaadcodec.report.progress.whole_run import WholeRun
from qaadcodec.report.text import duration, printable

STEP = 0.02  # of the whole run between two lines of progress
LONGEST = 300.0  # seconds without one


class PlainLines:
    """A listener that writes one line when a phase starts, one now and then, and all notices.

    Args:
        stream: where the lines go.
        every: seconds between two lines of progress, at least. In a long run there are fewer: one for every STEP of the
            whole, and at least one in LONGEST seconds.
        verbose: a line every `every` seconds, however long the run is, and how long each phase took.
        clock: seconds, monotonic.
    """

    def __init__(
        self, stream: TextIO, *, every: float, verbose: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._every = every
        self._verbose = verbose
        self._clock = clock
        self._whole, self._trend = WholeRun(clock), Trend(clock)
        self._last, self._share = clock(), 0.0

    def __call__(self, event: Event) -> None:
        self._whole(event)
        match event:
            case PhaseStarted():
                self._trend.forget()
                self._last = self._clock()
                self._write(": ".join(part for part in (event.phase, amount_of_all(event)) if part))
            case Progress() if self._whole.phase is not None:
                if event.matched_error is not None:
                    self._trend.add(event.matched_error)
                self._now_and_then(self._whole.phase, event)
            case PhaseEnded() if self._verbose:
                self._write(f"{event.phase} took {duration(event.seconds)}")
            case Notice():
                self._write(f"{'warning' if event.warning else 'note'}: {event.text}")
            case _:
                pass

    def _now_and_then(self, phase: PhaseStarted, progress: Progress) -> None:
        passed = self._clock() - self._last
        if passed < self._every:
            return
        standing = self._whole.standing
        share = standing.share or 0.0
        if not self._verbose and standing.share is not None and share < self._share + STEP and passed < LONGEST:
            return
        self._last, self._share = self._clock(), share
        run = ", ".join(part for part in (share_of(standing), time_left(standing)) if part)
        said = f"{phase.phase}: {', '.join(parts_of(phase, progress, self._trend.word))}"
        self._write(f"{run}; {said}" if run else said)

    def _write(self, text: str) -> None:
        # One call for the whole line: a second thread (Ctrl-C's) may be writing too.
        self._stream.write(f"qaad: {printable(text)}\n")
        self._stream.flush()
