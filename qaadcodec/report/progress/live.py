"""Progress on a terminal: one line per phase with a bar, drawn by rich (which obeys NO_COLOR)."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from qaadcodec.progress import Event, Notice, PhaseEnded, PhaseStarted, Progress
from qaadcodec.report.progress.phases import standing
from qaadcodec.report.text import duration, printable

WIDE = 118  # columns that the longest line takes with a bar


class LiveDisplay:
    """A listener and context manager; finished phases stay on the screen with the time that they took."""

    def __init__(self, stream: TextIO) -> None:
        console = Console(file=stream)
        # What the phase says matters more than a bar.
        bar = [BarColumn(bar_width=24)] if console.width >= WIDE else []
        self._bars = Bars(
            TextColumn("{task.description}", style="cyan", markup=False),
            *bar,
            TextColumn("{task.fields[state]}", markup=False),
            console=console,
            refresh_per_second=4,  # each redraw takes time from the training
        )
        self._phase: PhaseStarted | None = None
        self._task: TaskID | None = None
        self._last: Progress | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case PhaseStarted():
                self._phase, self._last = event, None
                self._task = self._bars.add_task(event.phase, total=1.0, state="")
            case Progress() if self._phase is not None and self._task is not None:
                self._last = event
                self._bars.update(self._task, completed=event.fraction, state=standing(self._phase, event))
            case PhaseEnded() if self._phase is not None and self._task is not None:
                self._bars.update(self._task, completed=1.0, state=self._outcome(self._phase, event))
            case Notice():
                text = f"qaad: {'warning' if event.warning else 'note'}: {printable(event.text)}"
                self._bars.console.print(
                    text, style="yellow" if event.warning else None, markup=False, highlight=False, soft_wrap=True
                )
            case _:
                pass

    def _outcome(self, phase: PhaseStarted, end: PhaseEnded) -> str:
        """Where a phase ended, and how long it took."""
        if self._last is None:
            return f"took {duration(end.seconds)}"
        return f"{standing(phase, replace(self._last, eta_seconds=None))}, took {duration(end.seconds)}"
