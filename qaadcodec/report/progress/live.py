"""Progress on a terminal, drawn by rich (which obeys NO_COLOR): a line for the whole run, the present phase below."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, Self, TextIO, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from qaadcodec.progress import Event, Notice, PhaseEnded, PhaseStarted, Progress
from qaadcodec.report.progress.lines import packed
from qaadcodec.report.progress.phases import amount, parts_of, share_of, time_left
from qaadcodec.report.progress.trend import Trend
from qaadcodec.report.progress.whole_run import Standing, WholeRun
from qaadcodec.report.tables import wrapped
from qaadcodec.report.text import duration, printable

BAR_FROM = 60  # columns from which there is room for a bar beside per cent and time left
BAR = 24  # columns that it takes, or less on a narrow terminal
NOT_KNOWN = "time left not known yet"
REDRAWN = 4.0  # times a second: each takes time from the training


class LiveDisplay:
    """A listener and context manager.

    While it runs, per cent and time left of the whole run are on the last lines of the terminal, and below them what is
    known of the present phase. Finished phases and notices stay above them.

    Args:
        stream: a terminal.
        console: draws on it; of the stream's width when None.
        clock: seconds, monotonic.
    """

    def __init__(
        self, stream: TextIO, *, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console or Console(file=cast(IO[str], stream))
        self._whole, self._trend = WholeRun(clock), Trend(clock)
        self._live = Live(
            console=self._console,
            get_renderable=self.drawn,
            refresh_per_second=REDRAWN,
            transient=True,
            redirect_stdout=False,  # results do not go to the terminal of the messages
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case PhaseStarted():
                self._trend.forget()
            case Progress() if event.matched_error is not None:
                self._trend.add(event.matched_error)
            case PhaseEnded() if self._whole.phase is not None:
                self._keep(self._whole.phase, event)
            case Notice():
                text = f"qaad: {'warning' if event.warning else 'note'}: {printable(event.text)}"
                style = "yellow" if event.warning else ""
                lines = wrapped([text], self._console.width)
                self._console.print(Text("\n".join(lines), style), highlight=False, soft_wrap=True)
            case _:
                pass
        self._whole(event)

    def drawn(self) -> RenderableType:
        """What is on the last lines of the terminal now."""
        return Group(self._run_line(self._whole.standing), *map(styled, self._phase_lines()))

    def _run_line(self, standing: Standing) -> RenderableType:
        share = share_of(standing)
        said = "  ".join(part for part in (f"{share or '':>4}".rstrip(), time_left(standing) or NOT_KNOWN) if part)
        if self._console.width < BAR_FROM:
            return Text(said, no_wrap=True, overflow="crop")
        line = Table.grid(padding=(0, 1, 0, 0))
        line.add_row(ProgressBar(total=1.0, completed=standing.share or 0.0, width=BAR), Text(said, no_wrap=True))
        return line

    def _phase_lines(self) -> list[str]:
        phase, progress = self._whole.phase, self._whole.progress
        if phase is None:
            return []
        parts = [] if progress is None else parts_of(phase, progress, self._trend.word)
        return headed(phase, parts, self._console.width, most=2)

    def _keep(self, phase: PhaseStarted, end: PhaseEnded) -> None:
        """Leave a line on the terminal: where a phase ended, and how long it took."""
        progress, took = self._whole.progress, f"took {duration(end.seconds)}"
        parts = [took]
        if progress is not None:
            done = amount(PhaseStarted(phase.phase, None, phase.unit), progress.done)
            _, *rest = parts_of(phase, progress)
            parts = [part for part in (done, took, *rest) if part]
        for line in headed(phase, parts, self._console.width, most=3):
            self._console.print(styled(line), highlight=False, soft_wrap=True)


def headed(phase: PhaseStarted, parts: list[str], width: int, *, most: int) -> list[str]:
    """Lines that begin with the name of a phase."""
    if not parts:
        return [phase.phase]
    return packed([f"{phase.phase}: {parts[0]}", *parts[1:]], width, most=most)


def styled(line: str) -> Text:
    """A line with the name of the phase in colour."""
    text = Text(line, no_wrap=True, overflow="ellipsis")
    if not line.startswith(" "):
        text.stylize("cyan", 0, len(line.partition(":")[0]))
    return text
