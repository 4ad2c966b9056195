"""stdout that goes away, is full, or was never there; and what must not be imported on the way to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Shell = Callable[..., Any]


def test_a_reader_that_leaves_is_no_error(place: Path, shell: Shell) -> None:
    outcome = shell(
        "qaad decode tiny.qaad --all --format npz -o - | head -c 1 > /dev/null; echo ${PIPESTATUS[0]}", place
    )
    assert outcome.stderr == ""
    # All of it may fit into the pipe before the reader leaves.
    assert outcome.stdout in ("141\n", "0\n")


def test_a_closed_reader_is_no_error(place: Path, shell: Shell) -> None:
    # The reader is gone before the command has anything to say.
    outcome = shell("(sleep 0.3; qaad inspect tiny.qaad; echo $? >&2) | true", place)
    assert (outcome.stdout, outcome.stderr) == ("", "141\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said(place: Path, shell: Shell) -> None:
    commands = ("qaad inspect tiny.qaad", "qaad decode tiny.qaad --index 0 -o -", "qaad man", "qaad completion bash")
    for command in (*commands, "_QAAD_COMPLETE=bash_source qaad"):
        outcome = shell(f"{command} > /dev/full", place)
        assert outcome.code == 1, command
        assert outcome.stderr.splitlines()[0].endswith("no space left on device"), outcome.stderr
        assert outcome.stderr.startswith("qaad: error: ")


def test_closed_streams_are_no_error(place: Path, shell: Shell) -> None:
    assert shell("qaad inspect tiny.qaad >&-", place).code == 0
    outcome = shell("qaad decode tiny.qaad --index 0 -o out.ply 2>&-; echo $?", place)
    assert (outcome.stdout, outcome.stderr) == ("0\n", "")
    # stderr has no place to go, and must not end up among the results instead.
    outcome = shell("qaad decode tiny.qaad --index 99 -o other.ply 2>&-; echo $?", place)
    assert outcome.stdout == "2\n"


COMPRESS = (
    "qaad compress set/ -o again.qaad --epochs 2 --points 256 --latent-size 4 --patches 4 --device cpu --log run.jsonl"
)


def last_lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()][-3:]


def test_messages_that_nobody_can_read_do_not_end_a_run(place: Path, shell: Shell) -> None:
    outcome = shell(f"{COMPRESS} 2>&-; echo $?; cmp again.qaad tiny.qaad", place)
    assert outcome.stdout.splitlines()[-1] == "0"
    assert [line["kind"] for line in last_lines(place / "run.jsonl")] == ["phase_ended", "summary", "end"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_under_messages_or_log_does_not_end_a_run(place: Path, shell: Shell) -> None:
    outcome = shell(f"{COMPRESS} 2> /dev/full; echo $?; cmp again.qaad tiny.qaad", place)
    assert outcome.stdout.splitlines()[-1] == "0"
    _, said, end = last_lines(place / "run.jsonl")
    assert said["text"] == "messages could not be written to stderr: no space left on device"
    assert end["kind"] == "end"

    outcome = shell(f"{COMPRESS.replace('run.jsonl', '/dev/full')} -f && cmp again.qaad tiny.qaad", place)
    assert outcome.code == 0
    assert outcome.stderr.splitlines()[-1] == "qaad: warning: the log /dev/full is not whole: no space left on device"

    # An error keeps its exit code, though nobody is told of it.
    assert shell("qaad decode tiny.qaad --index 99 -o other.ply 2> /dev/full; echo $?", place).stdout == "2\n"


def test_a_reader_of_messages_that_leaves_does_not_end_a_run(place: Path, shell: Shell) -> None:
    outcome = shell(f"{{ {COMPRESS} 2>&3 > summary.txt; echo $? >&4; }} 4>&1 3> >(head -n 1 > first.txt)", place)
    assert outcome.stdout == "0\n"
    assert shell("cmp again.qaad tiny.qaad", place).code == 0


def test_a_closed_stdin_is_an_empty_one(place: Path, shell: Shell) -> None:
    outcome = shell("qaad eval - set/00000.ply <&-", place)
    assert (outcome.code, outcome.stdout) == (3, "")
    assert outcome.stderr == "qaad: error: stdin: is empty (0 bytes)\n"


def test_stdout_gets_the_bytes_of_the_file(place: Path, shell: Shell) -> None:
    decode = "qaad decode tiny.qaad --index 2 -q -o"
    outcome = shell(f"{decode} a.ply && {decode} - > b.ply && cmp a.ply b.ply", place)
    assert (outcome.code, outcome.stderr) == (0, "")


def test_a_pipe_gets_an_archive(place: Path, shell: Shell) -> None:
    compress = "qaad compress set/ -o p --points 64 --epochs 1 --device cpu -q --json"
    outcome = shell(f"mkfifo p && {{ cat p > out.qaad & }} && {compress} && wait && qaad verify out.qaad", place)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert json.loads(outcome.stdout.splitlines()[0])["bytes_out"] == (place / "out.qaad").stat().st_size


@pytest.mark.parametrize(
    "command",
    [
        "inspect tiny.qaad",
        "verify tiny.qaad --decode",
        "decode tiny.qaad --index 1 -o out.ply",
        "synth skulls -n 1 -o s/",
    ],
)
def test_what_works_without_torch(command: str, place: Path, shell: Shell) -> None:
    (place / "poison").mkdir()
    (place / "poison" / "torch.py").write_text("raise ImportError('torch was imported')\n")
    outcome = shell(f"qaad {command}", place, PYTHONPATH=str(place / "poison"))
    assert outcome.code == 0, outcome.stderr


@pytest.mark.parametrize(
    ("command", "unneeded"),
    [
        ("--help", "numpy scipy rich torch h5py plyfile"),
        ("inspect tiny.qaad", "scipy rich torch h5py plyfile"),
        ("decode tiny.qaad --index 1 -o out.ply", "scipy rich torch h5py plyfile"),
        ("decode tiny.qaad --index 1 -o out.npy", "scipy rich torch h5py plyfile"),
    ],
)
def test_quick_commands_import_little(command: str, unneeded: str, place: Path, shell: Shell) -> None:
    outcome = shell(f"python -X importtime -P -m qaadcodec {command}", place)
    assert outcome.code == 0
    imported = {
        line.rsplit("|", 1)[1].strip() for line in outcome.stderr.splitlines() if line.startswith("import time:")
    }
    assert "qaadcodec.cli.main" in imported
    assert imported.isdisjoint(unneeded.split())


def test_a_bug_shows_its_traceback_only_with_debug(place: Path, shell: Shell) -> None:
    (place / "poison").mkdir()
    (place / "poison" / "numpy.py").write_text("raise RuntimeError('numpy is broken')\n")
    outcome = shell("qaad inspect tiny.qaad", place, PYTHONPATH=str(place / "poison"))
    message = (
        "qaad: error: unexpected RuntimeError: numpy is broken\n"
        "hint: this is a bug; --debug shows where, please report it with that\n"
    )
    assert (outcome.code, outcome.stderr) == (1, message)
    for command in ("qaad --debug inspect tiny.qaad", "qaad inspect tiny.qaad --debug"):
        outcome = shell(command, place, PYTHONPATH=str(place / "poison"))
        assert outcome.code == 1
        assert outcome.stderr.startswith("Traceback (most recent call last):")
        assert outcome.stderr.endswith("\nRuntimeError: numpy is broken\n" + message)
