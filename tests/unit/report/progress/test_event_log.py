"""`--log`: every event as a line of JSON, appended; and a run that goes on where nobody can be told of it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from fixtures.told_runs import Hand, moments

from qaadcodec.config import Plan
from qaadcodec.errors import CloudError, EnvironmentFailure
from qaadcodec.progress import Finished, Notice, PhaseStarted, Planned
from qaadcodec.report.progress.event_log import EventLog
from qaadcodec.report.progress.reporting import reporting
from qaadcodec.report.progress.unfailing import Unfailing

FULL = Path("/dev/full")


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_event_is_a_line(tmp_path: Path) -> None:
    path, hand = tmp_path / "run.jsonl", Hand()
    with EventLog(path, {"version": "1"}, clock=hand) as log:
        told = 0
        for event, _ in moments(hand):
            log(event)
            told += 1
        log(Planned(Plan(quality=75.0)))
        log(Finished({"bytes_out": 60840}))
    lines = lines_of(path)
    assert len(lines) == told + 4
    assert all(list(line)[:3] == ["time", "elapsed", "kind"] for line in lines)
    assert all(line["time"].endswith("Z") and len(line["time"]) == 24 for line in lines)
    assert [line["elapsed"] for line in lines] == sorted(line["elapsed"] for line in lines)
    assert {line["kind"] for line in lines} == {
        *("start", "outlook", "phase_started", "progress", "phase_ended", "notice", "plan", "summary", "end")
    }
    assert lines[0]["version"] == "1"
    curve = [(line["elapsed"], line["matched_error"]) for line in lines if line.get("matched_error")]
    assert len(curve) == 6
    assert curve[0] == (16.1, 0.412)
    ended = next(line for line in lines if line["kind"] == "phase_ended" and line["phase"] == "training")
    assert (ended["elapsed"], ended["seconds"]) == (70.7, 55.6)
    assert lines[-3]["quality"] == 75.0
    assert lines[-2]["bytes_out"] == 60840
    outlook = [line for line in lines if line["kind"] == "outlook"][1]
    assert outlook["phases"][1] == {"phase": "training", "expected_seconds": 262.1}


def test_a_second_run_is_appended(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for _ in range(2):
        with EventLog(path, {}) as log:
            log(Notice("a"))
    assert [line["kind"] for line in lines_of(path)] == 2 * ["start", "notice", "end"]


def test_what_ends_a_run_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with pytest.raises(CloudError), EventLog(path, {}):
        raise CloudError("a.ply: empty", hint="look")
    assert {"kind": "error", "error": "CloudError", "text": "a.ply: empty", "hint": "look"}.items() <= lines_of(path)[
        -1
    ].items()


def test_another_file_is_not_appended_to(tmp_path: Path) -> None:
    scan = tmp_path / "a.xyz"
    scan.write_text("1 2 3\n")
    with pytest.raises(EnvironmentFailure) as caught:
        EventLog(scan, {})
    assert str(caught.value) == f"{scan} exists already and is no log of qaad"
    assert scan.read_text() == "1 2 3\n"
    with pytest.raises(EnvironmentFailure, match=r"cannot write .*: no such file or directory"):
        EventLog(tmp_path / "nowhere" / "run.jsonl", {})


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_full_disk_under_the_log_ends_nothing_and_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(log=FULL) as listener:
        for _ in range(3):
            listener(PhaseStarted("reading", 4, "clouds"))
    said = capsys.readouterr().err.splitlines()
    assert said == [
        *3 * ["qaad: reading: 4 clouds"],
        "qaad: warning: the log /dev/full is not whole: no space left on device",
    ]


class Lost(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_a_lost_stderr_ends_nothing_and_is_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Lost())
    path = tmp_path / "run.jsonl"
    with reporting(log=path) as listener:
        listener(PhaseStarted("reading", 4, "clouds"))
        listener(Notice("a"))
    *_, last, end = lines_of(path)
    assert (last["text"], last["warning"]) == ("messages could not be written to stderr: broken pipe", True)
    assert end["kind"] == "end"


def test_a_stream_that_fails_is_not_tried_again() -> None:
    class Once(io.StringIO):
        tries = 0

        def flush(self) -> None:
            self.tries += 1
            raise ValueError("I/O operation on closed file")

    stream = Once()
    surely = Unfailing(stream)
    assert surely.write("abc") == 3
    surely.flush()
    assert surely.write("de") == 2
    surely.flush()
    surely.close()
    assert surely.reason == "i/o operation on closed file"
    assert stream.tries == 1
