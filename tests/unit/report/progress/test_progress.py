"""What is shown of long work: plain lines in a pipe, a live display on a terminal, nothing when quiet."""

from __future__ import annotations

import io

import pytest
from fixtures.told_runs import Hand
from rich.console import Console

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


def test_plain_lines_are_few_and_whole() -> None:
    hand, stream = Hand(), io.StringIO()
    listener = PlainLines(stream, every=10.0, clock=hand)
    for event in WORK:
        hand.seconds += 6.0
        listener(event)
    assert stream.getvalue() == (
        "qaad: reading: 4 clouds\n"
        "qaad: note: b.ply: normals are not kept\n"
        "qaad: warning: c.ply: skipped\n"
        "qaad: training: 400 epochs\n"
        "qaad: 18 %, 3 min 09 s left; training: 41/400 epochs, matched error 0.3 %, falling, 1.2 M points/s\n"
    )


def test_a_long_run_has_a_line_for_every_two_per_cent_or_five_minutes() -> None:
    hand, stream = Hand(), io.StringIO()
    listener = PlainLines(stream, every=10.0, clock=hand)
    listener(PhaseStarted("training", 1000, "epochs"))
    lines = []
    for done in range(1, 1001):
        hand.seconds = 10.0 * done
        listener(Progress("training", done, done / 1000, eta_seconds=10.0 * (1000 - done)))
        lines.append(stream.getvalue().count("\n"))
    assert lines[-1] <= 1 + 50
    hours = io.StringIO()
    listener = PlainLines(hours, every=10.0, clock=(slow := Hand()))
    listener(PhaseStarted("training", 10**6, "epochs"))
    for minute in range(60):
        slow.seconds = 60.0 * minute
        listener(Progress("training", minute, minute / 10**6, eta_seconds=6e7))
    assert hours.getvalue().count("\n") == 1 + 11


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
    with LiveDisplay(stream, console=Console(file=stream, width=80, _environ={})) as display:
        for event in WORK:
            display(event)
    assert stream.getvalue() == (
        "reading: took 0.2 s\n"
        "qaad: note: b.ply: normals are not kept\n"
        "qaad: warning: c.ply: skipped\n"
        "training: 41 epochs, took 4 min 05 s, matched error 0.3 %, 1.2 M points/s\n"
    )


def test_quiet_work_has_no_listener() -> None:
    with reporting(quiet=True) as listener:
        assert listener is ignore


def test_a_pipe_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting() as listener:
        listener(PhaseStarted("reading", 4, "clouds"))
    assert capsys.readouterr() == ("", "qaad: reading: 4 clouds\n")
