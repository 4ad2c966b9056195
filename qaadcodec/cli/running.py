"""The run of a command that learns: who is told of it, and how Ctrl-C ends it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from qaadcodec.cli.interrupts import finishing_on_interrupt
from qaadcodec.cli.options import Invocation, Ways
from qaadcodec.errors import SlowerWarning, ThresholdMissed
from qaadcodec.ranks.group import is_first, joined
from qaadcodec.remote.urls import clean
from qaadcodec.version import __version__

if TYPE_CHECKING:
    from qaadcodec.progress import Listener, Run
    from qaadcodec.sets.looks.finding import Finding


@contextmanager
def running(ways: Ways) -> Iterator[Run]:
    """A run that reports itself on stderr and in its log, and that the first Ctrl-C asks to finish early.

    Of several ranks, the first one reports.
    """
    import tempfile

    from qaadcodec.progress import Run
    from qaadcodec.report.progress.reporting import reporting

    # torch makes this folder when it is imported, and qaad has no use for it: so it is one that there is.
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir())
    speaks = is_first()
    log = ways.log if speaks else None
    with (
        reporting(quiet=ways.quiet or not speaks, verbose=ways.verbose, log=log, start=started_with()) as listener,
        warnings_told(listener),
        finishing_on_interrupt(listener) as stop,
        joined() as ranks,
    ):
        yield Run(
            ranks=ranks,
            listener=listener,
            stop=stop,
            device=ways.device,
            seed=ways.seed,
            strict=ways.strict,
            sample=ways.sample,
        )


@contextmanager
def warnings_told(listener: Listener) -> Iterator[None]:
    """Within it, what goes a slower way is told as whatever else a person should act on; once for each place."""
    from qaadcodec.progress import Notice

    before = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, SlowerWarning):
            listener(Notice(str(message), warning=True))
        else:
            before(message, category, *where, **more)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before


def started_with() -> dict[str, Any]:
    """What the first line of a log says of the command."""
    invocation = click.get_current_context().ensure_object(Invocation)
    return {"version": __version__, "arguments": list(map(clean, invocation.arguments))}


def refuse_useless(path: str, findings: Sequence[Finding], ways: Ways) -> None:
    """Fail, once the archive is written, where the run was strict and there is something to say of what came out.

    Raises:
        ThresholdMissed: so it is.
    """
    if ways.strict and findings:
        first, *others = findings
        more = f" (and {len(others)} more)" if others else ""
        raise ThresholdMissed(f"{path} is written, but {first.text}{more}", hint=first.hint)
