"""Logs read back: every run and training of them, whatever else is in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fixtures.told_runs import Hand, moments

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.report.progress.event_log import EventLog
from qaadcodec.report.progress.past_runs import Report, number, read_log


def line(kind: str, **record: Any) -> str:
    return json.dumps({"time": "2026-01-01T00:00:00.000Z", "elapsed": 0.0, "kind": kind, **record}) + "\n"


def told(epochs: int, error: float | None = 0.5, **more: Any) -> str:
    record = {"phase": "training", "elapsed": 10.0 * epochs, "done": epochs, "matched_error": error} | more
    return line("progress", **record)


def test_what_was_logged_comes_back(tmp_path: Path) -> None:
    path, hand = tmp_path / "run.jsonl", Hand()
    for _ in range(2):
        hand.seconds = 0.0
        with EventLog(path, {"version": "1"}, clock=hand) as log:
            for event, _ in moments(hand):
                log(event)
    runs, unreadable = read_log(path)
    assert unreadable == 0
    assert [(run.number, len(run.trainings)) for run in runs] == [(1, 1), (2, 1)]
    for run in runs:
        assert [report.seconds for report in run.reports] == [16.1, 19.1, 25.1, 35.1, 50.1, 65.1]
        assert run.reports[0] == Report(16.1, 1, 0.412, None)
        assert run.reports[-1] == Report(65.1, 105, 0.09 / 51, 64210)


def test_every_training_of_a_run_is_one(tmp_path: Path) -> None:
    """What has a phase of its own in between, such as compiling, does not part a training."""
    path = tmp_path / "run.jsonl"
    begin, waiting = line("phase_started", phase="training"), line("phase_started", phase="compiling")
    path.write_text(line("start") + begin + told(1) + waiting + told(2) + line("new kind") + begin + told(1, 0.1))
    (run,) = read_log(path).runs
    assert [[report.epochs for report in training] for training in run.trainings] == [[1, 2], [1]]


def test_what_cannot_be_read_is_counted_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    cut = ['{"time": "20', "[1, 2]\n", "[" * 100_000 + "\n"]
    path.write_text(line("start") + told(1) + cut[1] + cut[2] + told(2, float("nan")) + told(3, None) + cut[0])
    runs, unreadable = read_log(path)
    assert [report.epochs for run in runs for report in run.reports] == [1]
    assert unreadable == 3


def test_a_log_that_was_cut_goes_on_in_a_new_line(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(line("start") + told(1) + told(2)[:40])
    with EventLog(path, {}):
        pass
    runs, unreadable = read_log(path)
    assert (len(runs), unreadable) == (2, 1)


@pytest.mark.parametrize("value", [True, "1", None, [1], float("inf"), float("nan"), -1, 10**400])
def test_what_is_no_number(value: object) -> None:
    assert number(value) is None


def test_numbers() -> None:
    assert [number(value) for value in (0, 3, 0.25)] == [0.0, 3.0, 0.25]


@pytest.mark.parametrize(
    ("content", "message"), [(None, "cannot read .*: no such file"), ("", "is empty"), ("{}\n", "is no log of qaad")]
)
def test_what_is_no_log(content: str | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(EnvironmentFailure, match=message):
        read_log(path)
