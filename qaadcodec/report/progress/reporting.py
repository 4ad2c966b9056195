"""How long work reports itself: live on a terminal, as plain lines elsewhere, or not at all; and in a log as well."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

from qaadcodec.progress import Event, Listener, Notice, ignore
from qaadcodec.report.progress.event_log import EventLog
from qaadcodec.report.progress.unfailing import Unfailing
from qaadcodec.report.text import stderr_is_terminal


@contextmanager
def reporting(
    *, quiet: bool = False, verbose: bool = False, log: Path | None = None, start: Mapping[str, Any] | None = None
) -> Iterator[Listener]:
    """A listener for the events of one piece of work; it may be called from any thread, and never raises.

    Where stderr or the log cannot be written any more, the work goes on; the other one is told of it at the end.

    Args:
        quiet: nothing is shown.
        verbose: plain lines come more often, and say how long each phase took.
        log: a file that every event is appended to.
        start: what the first line of the log says of the run.

    Raises:
        EnvironmentFailure: the log cannot be written from the first.
    """
    stderr = Unfailing(sys.stderr)
    with ExitStack() as stack:
        logged = None if log is None else stack.enter_context(EventLog(log, start or {}))
        with shown(cast(TextIO, stderr), quiet=quiet, verbose=verbose) as show:

            def tell(event: Event) -> None:
                show(event)
                if logged is not None:
                    logged(event)

            yield show if logged is None else tell
        if logged is not None and stderr.reason:
            logged(Notice(f"messages could not be written to stderr: {stderr.reason}", warning=True))
    if logged is not None and logged.failure:
        stderr.write(f"qaad: warning: the log {log} is not whole: {logged.failure}\n")
        stderr.flush()


@contextmanager
def shown(stream: TextIO, *, quiet: bool, verbose: bool) -> Iterator[Listener]:
    """What shows events on stderr."""
    if quiet:
        yield ignore
    elif stderr_is_terminal():
        from qaadcodec.report.progress.live import LiveDisplay  # rich takes a while to import

        with LiveDisplay(stream) as display:
            yield display
    else:
        from qaadcodec.report.progress.plain_lines import PlainLines

        yield PlainLines(stream, every=2.0 if verbose else 10.0, verbose=verbose)
