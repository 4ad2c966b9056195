"""Progress as plain lines, for logs and pipes: few, whole, and free of control characters."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from qaadcodec.progress import Event, Notice, PhaseEnded, PhaseStarted, Progress
from qaadcodec.report.progress.phases import amount, standing
from qaadcodec.report.text import duration, printable


class PlainLines:
    """A listener that writes one line when a phase starts, one now and then, and all notices.

    Args:
        stream: where the lines go.
        every: seconds between two lines of progress.
        verbose: also say how long each phase took.
        clock: seconds, monotonic.
    """

    def __init__(
        self, stream: TextIO, *, every: float, verbose: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._every = every
        self._verbose = verbose
        self._clock = clock
        self._phase: PhaseStarted | None = None
        self._last = 0.0

    def __call__(self, event: Event) -> None:
        match event:
            case PhaseStarted():
                self._phase, self._last = event, self._clock()
                self._write(event.phase if event.total is None else f"{event.phase}: {amount_of_all(event)}")
            case Progress() if self._phase is not None and self._clock() - self._last >= self._every:
                self._last = self._clock()
                self._write(f"{event.phase}: {standing(self._phase, event)}")
            case PhaseEnded() if self._verbose:
                self._write(f"{event.phase} took {duration(event.seconds)}")
            case Notice():
                self._write(f"{'warning' if event.warning else 'note'}: {event.text}")
            case _:
                pass

    def _write(self, text: str) -> None:
        # One call for the whole line: a second thread (Ctrl-C's) may be writing too.
        self._stream.write(f"qaad: {printable(text)}\n")
        self._stream.flush()


def amount_of_all(phase: PhaseStarted) -> str:
    """`400 epochs`: all that the phase has to do."""
    return amount(PhaseStarted(phase.phase, None, phase.unit), phase.total or 0)
