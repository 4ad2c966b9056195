"""What a run looks like on terminals of 40, 60, 80 and 120 columns and in a pipe, against captures that are kept.

`QAAD_UPDATE_DOCUMENTS=1 bin/test tests/unit/report/progress` takes them anew.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from fixtures.documents import UPDATE
from fixtures.told_runs import Hand, moments
from rich.console import Console

from qaadcodec.report.progress.live import LiveDisplay
from qaadcodec.report.progress.plain_lines import PlainLines

CAPTURES = Path(__file__).parent / "captures"


def check(name: str, shown: str) -> None:
    """What was shown is what the capture has, or becomes it on request."""
    path = CAPTURES / name
    if UPDATE in os.environ:
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8"), f"{path.name} is out of date, or the display is wrong"


def on_terminal(columns: int, **looks: object) -> str:
    """Every moment of the run as the last lines of a terminal show it, below what stays on the terminal above them."""
    hand, stream = Hand(), io.StringIO()
    console = Console(file=stream, width=columns, force_terminal=False, _environ={}, **looks)  # type: ignore[arg-type]
    display = LiveDisplay(stream, console=console, clock=hand)
    for event, moment in moments(hand):
        display(event)
        if moment:
            stream.write(f"{moment:-<{columns}}\n")
            console.print(display.drawn())
            stream.write("-" * columns + "\n")
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_a_run_on_a_terminal(columns: int) -> None:
    shown = on_terminal(columns)
    assert [line for line in shown.splitlines() if len(line) > columns] == []
    check(f"terminal-{columns}.txt", shown)


def test_a_run_in_a_pipe() -> None:
    hand, stream = Hand(), io.StringIO()
    listener = PlainLines(stream, every=10.0, clock=hand)
    for event, _ in moments(hand):
        listener(event)
    check("pipe.txt", stream.getvalue())


def test_a_terminal_without_unicode_gets_another_bar() -> None:
    hand, stream = Hand(), io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console = Console(file=stream, width=60, _environ={})
    display = LiveDisplay(stream, console=console, clock=hand)
    for event, _ in moments(hand):
        display(event)
    console.print(display.drawn())
    stream.flush()
    last = stream.buffer.getvalue().decode("ascii").splitlines()[-1]  # type: ignore[attr-defined]
    assert last.rstrip() == "-----------------------  99 %  about 0.0 s left"
