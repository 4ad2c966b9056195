"""How long work reports itself: live on a terminal, as plain lines elsewhere, or not at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from qaadcodec.progress import Listener, ignore
from qaadcodec.report.text import stderr_is_terminal


@contextmanager
def reporting(*, quiet: bool = False, verbose: bool = False) -> Iterator[Listener]:
    """A listener for the events of one piece of work; it may be called from any thread.

    Args:
        quiet: nothing is shown.
        verbose: plain lines come more often, and say how long each phase took.
    """
    if quiet:
        yield ignore
    elif stderr_is_terminal():
        from qaadcodec.report.progress.live import LiveDisplay  # rich takes a while to import

        with LiveDisplay(sys.stderr) as display:
            yield display
    else:
        from qaadcodec.report.progress.plain_lines import PlainLines

        yield PlainLines(sys.stderr, every=2.0 if verbose else 10.0, verbose=verbose)
