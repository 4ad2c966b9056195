"""Ctrl-C, SIGTERM or SIGHUP during long work: once finishes early with a valid archive, twice leaves nothing.

Most signals go to the `qaad` that starts at once, which hands them on; some to the installed one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pty, fcntl, termios = (
    pytest.importorskip(module, reason="needs the signals and terminals of Unix")
    for module in ("pty", "fcntl", "termios")
)

FINISHING = "finishing early; press Ctrl-C again to stop"

# Far more epochs than anybody waits for: only Ctrl-C ends it.
LONG = [
    *("qaad", "compress", "set/", "-o", "long.qaad", "--epochs", "1000000", "--points", "256", "--latent-size", "4"),
    *("--patches", "4", "--device", "cpu", "--json", "-v"),
]


def start(folder: Path, variables: dict[str, str], command: list[str] = LONG) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_signals,
    )


def heed_signals() -> None:
    """Tests in the background, or under nohup, have some ignored, and so would what they start."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def wait_for(process: subprocess.Popen[str], text: str) -> None:
    """Read stderr up to a line with that text; the deadline is a net under the test, never what it measures."""
    assert process.stderr is not None
    deadline = time.monotonic() + 100
    for line in process.stderr:
        if text in line:
            return
        assert time.monotonic() < deadline, f"no {text!r} within 100 s"
    raise AssertionError(f"it ended without saying {text!r}")


def test_once_finishes_early_with_a_valid_archive(
    place: Path, standby: dict[str, str], shell: Callable[..., Any]
) -> None:
    process = start(place, standby)
    wait_for(process, "training")
    process.send_signal(signal.SIGINT)
    wait_for(process, FINISHING)
    stdout, _ = process.communicate(timeout=100)
    assert process.returncode == 0
    summary = json.loads(stdout)
    assert summary["interrupted"] is True
    assert summary["clouds"] == 4
    assert shell("qaad verify long.qaad --decode -q", place).code == 0


def test_twice_stops_and_leaves_nothing(place: Path, standby: dict[str, str]) -> None:
    before = sorted(place.iterdir())
    process = start(place, standby)
    wait_for(process, "training")
    process.send_signal(signal.SIGINT)
    wait_for(process, FINISHING)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=100)
    # The second one may come when the work is already done with finishing: then the archive is there, and is whole.
    if process.returncode != 0:
        assert process.returncode == 130
        assert stdout == ""
        assert stderr.splitlines()[-1] == "qaad: error: interrupted"
        assert sorted(place.iterdir()) == before


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_being_told_to_end_finishes_early_too(
    name: str, place: Path, standby: dict[str, str], shell: Callable[..., Any]
) -> None:
    process = start(place, standby)
    wait_for(process, "training")
    process.send_signal(getattr(signal, name))
    wait_for(process, f"finishing early, as {name} asks for; another one stops at once")
    stdout, _ = process.communicate(timeout=100)
    assert process.returncode == 0
    assert json.loads(stdout)["interrupted"] is True
    assert shell("qaad verify long.qaad --decode -q", place).code == 0


def test_being_told_twice_leaves_nothing(place: Path, standby: dict[str, str]) -> None:
    before = sorted(place.iterdir())
    process = start(place, standby)
    wait_for(process, "training")
    process.terminate()
    wait_for(process, "finishing early")
    process.terminate()
    process.communicate(timeout=100)
    if process.returncode != 0:  # it may be done with finishing
        assert process.returncode == 128 + signal.SIGTERM
        assert sorted(place.iterdir()) == before


def test_a_terminal_that_closes_does_not_lose_the_run(
    place: Path, shell_environment: dict[str, str], shell: Callable[..., Any]
) -> None:
    """The last reader of the terminal goes: the kernel sends SIGHUP, and writing to it fails from then on."""

    def take_terminal() -> None:
        heed_signals()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    master, slave = pty.openpty()
    process = subprocess.Popen(
        LONG,
        cwd=place,
        env=shell_environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(slave)
    shown = b""
    while b"training" not in shown:
        shown += os.read(master, 65536)
    os.close(master)
    try:
        process.wait(100)
    finally:
        process.kill()
    assert shell("qaad verify long.qaad --decode -q", place).code == 0


def test_a_short_command_just_stops(tmp_path: Path, standby: dict[str, str]) -> None:
    command = ["qaad", "synth", "skulls", "-n", "100000", "-m", "100", "-o", "many/"]
    process = start(tmp_path, standby, command)
    wait_for(process, "making skulls")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=100)
    assert (process.returncode, stdout) == (130, "")
    assert stderr.splitlines()[-1] == "qaad: error: interrupted"
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_modules_are_imported(tmp_path: Path, shell_environment: dict[str, str]) -> None:
    poison = tmp_path / "poison"
    poison.mkdir()
    (poison / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    path = os.pathsep.join([str(poison), shell_environment.get("PYTHONPATH", "")])
    process = start(
        tmp_path, shell_environment | {"PYTHONPATH": path}, [sys.executable, "-m", "qaadcodec", "inspect", "a.qaad"]
    )
    assert process.communicate(timeout=100) == ("", "")
    assert process.returncode == -signal.SIGINT  # which a shell shows as 130


@pytest.mark.parametrize(
    "command", ["compress p -o new.qaad -q", "encode tiny.qaad p -o new.qaad -q", "eval p set/00000.ply"]
)
def test_ctrl_c_while_a_pipe_is_read_ends_at_once(command: str, place: Path, standby: dict[str, str]) -> None:
    os.mkfifo(place / "p")
    before = sorted(place.iterdir())
    process = start(place, standby, ["qaad", *command.split()])
    with (place / "p").open("wb") as pipe:  # it waits until somebody reads
        pipe.write(b"1 2 3\n" * 1000)
        pipe.flush()
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=100) == ("", "qaad: error: interrupted\n")
    assert process.returncode == 130
    assert sorted(place.iterdir()) == before


def test_a_tour_that_is_told_to_end_clears_up(tmp_path: Path, standby: dict[str, str]) -> None:
    process = start(tmp_path, standby, ["qaad", "demo", "tour", "-n", "99999", "-m", "100"])
    wait_for(process, "making skulls")
    process.terminate()
    process.communicate(timeout=100)
    assert process.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.rglob("*")) == [tmp_path / "tour"]
