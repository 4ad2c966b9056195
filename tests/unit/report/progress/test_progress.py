"""What is shown of long work: plain lines in a pipe, a live display on a terminal, nothing when quiet."""

from __future__ import annotations

import io

import pytest

from qaadcodec.progress import Event, Notice, PhaseEnded, PhaseStarted, Progress, ignore
from qaadcodec.report.progress.live import LiveDisplay
from qaadcodec.report.progress.plain_lines import PlainLines
from qaadcodec.report.progress.reporting import reporting

WORK: list[Event] = [
    PhaseStarted("reading", 4, "clouds"),
    PhaseEnded("reading", 0.25),
    Notice("b.ply: normals are not kept"),
    Notice("c.ply: skipped", warning=True),
    PhaseStarted("training", 400, "epochs"),
    Progress("training", 40, 0.1, 1.2e6, 0.0031, 190.0),
    Progress("training", 41, 0.1025, 1.2e6, 0.0030, 189.0),
    PhaseEnded("training", 245.0),
]


class Clock:
    """Six seconds later each time it is asked."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 6.0
        return self.now


def test_plain_lines_are_few_and_whole() -> None:
    stream = io.StringIO()
    listener = PlainLines(stream, every=10.0, clock=Clock())
    for event in WORK:
        listener(event)
    assert stream.getvalue() == (
        "qaad: reading: 4 clouds\n"
        "qaad: note: b.ply: normals are not kept\n"
        "qaad: warning: c.ply: skipped\n"
        "qaad: training: 400 epochs\n"
        "qaad: training: 41/400 epochs, error 0.3 %, 1.2 M points/s, 3 min 09 s left\n"
    )


def test_verbose_lines_say_how_long_phases_took() -> None:
    stream = io.StringIO()
    listener = PlainLines(stream, every=1e9, verbose=True)
    for event in WORK:
        listener(event)
    assert "qaad: reading took 0.2 s\n" in stream.getvalue()
    assert stream.getvalue().endswith("qaad: training took 4 min 05 s\n")


def test_a_phase_of_unknown_length() -> None:
    stream = io.StringIO()
    listener = PlainLines(stream, every=0.0)
    listener(PhaseStarted("comparing", None, "clouds"))
    listener(Progress("comparing", 3, 0.0))
    assert stream.getvalue() == "qaad: comparing\nqaad: comparing: 3 clouds\n"


def test_notices_with_control_characters_stay_lines() -> None:
    stream = io.StringIO()
    PlainLines(stream, every=1.0)(Notice("a\nb\x1b[2J.ply: empty"))
    assert stream.getvalue() == "qaad: note: a\\nb\\x1b[2J.ply: empty\n"


def test_the_live_display_ends_with_what_became_of_each_phase() -> None:
    stream = io.StringIO()
    with LiveDisplay(stream) as display:
        for event in WORK:
            display(event)
    shown = stream.getvalue()
    assert "qaad: note: b.ply: normals are not kept\n" in shown
    assert "qaad: warning: c.ply: skipped\n" in shown
    reading, training = (line.rstrip() for line in shown.splitlines()[-2:])
    assert (reading.split()[0], training.split()[0]) == ("reading", "training")
    assert reading.endswith("took 0.2 s")
    # As wide as the terminal is: the longest lines end in an ellipsis.
    assert "41/400 epochs, error 0.3 %" in training


def test_quiet_work_has_no_listener() -> None:
    with reporting(quiet=True) as listener:
        assert listener is ignore


def test_a_pipe_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting() as listener:
        listener(PhaseStarted("reading", 4, "clouds"))
    assert capsys.readouterr() == ("", "qaad: reading: 4 clouds\n")
