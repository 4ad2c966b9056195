"""The run of a command that learns: who is told of it, and how Ctrl-C ends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qaadcodec.cli.interrupts import finishing_on_interrupt
from qaadcodec.cli.options import Ways
from qaadcodec.progress import Run


@contextmanager
def running(ways: Ways) -> Iterator[Run]:
    """A run that reports itself on stderr and that the first Ctrl-C asks to finish early."""
    from qaadcodec.report.progress.reporting import reporting

    with (
        reporting(quiet=ways.quiet, verbose=ways.verbose) as listener,
        finishing_on_interrupt(listener) as stop,
    ):
        yield Run(
            listener=listener,
            stop=stop,
            device=ways.device,
            seed=ways.seed,
            strict=ways.strict,
            sample=ways.sample,
        )
