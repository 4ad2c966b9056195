"""The command on a terminal: no binary data, a live display, colours only where they are wanted."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

COLOUR = re.compile(r"\x1b\[(\d+;)*[349]\d")

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")

pty = pytest.importorskip("pty", reason="needs pseudo-terminals")


def on_terminal(
    command: list[str], folder: Path, variables: dict[str, str], *, stdout_too: bool = True
) -> tuple[str, int]:
    """Run with stderr (and stdout) on a terminal; returns what was shown there, and the exit code."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=slave if stdout_too else subprocess.DEVNULL,
        stderr=slave,
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            block = os.read(master, 65536)
        except OSError:  # Linux says so when the last writer has gone
            break
        if not block:
            break
        shown += block
    os.close(master)
    return shown.decode(), process.wait(60)


def test_binary_data_to_a_terminal_is_refused(place: Path, standby: dict[str, str]) -> None:
    command = ["qaad", "decode", "tiny.qaad", "--index", "0", "-o", "-"]
    shown, code = on_terminal(command, place, standby)
    assert shown.splitlines() == [
        "qaad: error: refusing to write ply data to a terminal",
        "hint: send it to a file or a pipe: … -o - > FILE, or -o FILE",
    ]
    assert code == 2


def test_text_to_a_terminal_is_welcome(place: Path, standby: dict[str, str]) -> None:
    command = ["qaad", "decode", "tiny.qaad", "--index", "0", "--format", "xyz", "--points", "3", "-o", "-"]
    shown, code = on_terminal(command, place, standby)
    assert code == 0
    assert [len(line.split()) for line in shown.splitlines()] == [3, 3, 3]


def test_the_live_display_obeys_no_color(tmp_path: Path, standby: dict[str, str]) -> None:
    command = ["qaad", "synth", "skulls", "-n", "2", "-m", "100", "-o"]
    coloured, code = on_terminal([*command, "a/"], tmp_path, standby)
    assert code == 0
    assert "making skulls" in coloured
    assert "2 clouds, took" in coloured
    assert COLOUR.search(coloured)
    plain, code = on_terminal([*command, "b/"], tmp_path, {**standby, "NO_COLOR": "1"})
    assert code == 0
    assert "2 clouds, took" in plain
    assert not COLOUR.search(plain)


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path, standby: dict[str, str]) -> None:
    command = ["qaad", "synth", "skulls", "-n", "2", "-m", "100", "-o", "a/"]
    shown, code = on_terminal(command, tmp_path, {**standby, "TERM": "dumb"})
    assert code == 0
    assert shown.splitlines() == ["qaad: making skulls: 2 clouds", "qaad: wrote a: 2 clouds of 100 points"]


def test_quiet_is_quiet_on_a_terminal_too(tmp_path: Path, standby: dict[str, str]) -> None:
    command = ["qaad", "synth", "skulls", "-n", "2", "-m", "100", "-o", "a/", "-q"]
    assert on_terminal(command, tmp_path, standby) == ("", 0)


def test_results_go_where_they_were_sent_and_not_to_the_terminal(place: Path, standby: dict[str, str]) -> None:
    evaluate = "qaad eval tiny.qaad set/ --metrics chamfer --json > lines.json"
    shown, code = on_terminal(["bash", "-c", evaluate], place, standby)
    assert code == 0
    assert "chamfer" not in shown
    assert len((place / "lines.json").read_text().splitlines()) == 5


@pytest.mark.parametrize("columns", [40, pytest.param(60, marks=pytest.mark.long)])
def test_a_terminal_of_any_width_shows_per_cent_and_time_left(
    columns: int, place: Path, standby: dict[str, str]
) -> None:
    compress = "qaad compress set/ -o new.qaad --budget 5s --points 256 --latent-size 4 --patches 4 --device cpu"
    shown, code = on_terminal(["bash", "-c", compress], place, {**standby, "NO_COLOR": "1", "COLUMNS": str(columns)})
    assert code == 0
    lines = [line for line in CONTROL.sub("\n", shown).splitlines() if "left" in line]
    assert lines
    assert all(len(line) <= columns for line in lines)
    assert ("━" in "".join(lines)) == (columns >= 60)
    left = [
        float(found[1]) for line in lines if (found := re.search(r"\d+ %  (?:up to |about )?([\d.]+) s left", line))
    ]
    assert left
    assert max(left) <= 5.0
