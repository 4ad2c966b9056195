"""`kill -9` at any moment, then the same command with --resume: it ends in the file of a run that nobody killed."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

WORK, LOCK = ".out.qaad.work", ".out.qaad.lock"
COMMAND = [
    *("qaad", "compress", "set/", "-o", "out.qaad", "--epochs", "150", "--points", "256", "--latent-size", "4"),
    *("--patches", "4", "--device", "cpu", "--checkpoint-every", "0.001s", "-q"),
]


def reached(folder: Path) -> tuple[str, int]:
    """The phase of the last checkpoint, and the steps of it that are over."""
    try:
        manifest = json.loads((folder / WORK / "checkpoint.json").read_text())
        return manifest["stage"], manifest["parts"].get("training", {}).get("done", 0)
    except FileNotFoundError:
        return "", 0


@contextmanager
def started(folder: Path, variables: dict[str, str], *more: str) -> Iterator[subprocess.Popen[str]]:
    """A run that is killed at the end of the block."""
    process = subprocess.Popen([*COMMAND, *more], cwd=folder, env=variables, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until(process: subprocess.Popen[str], there: Callable[[], bool]) -> None:
    """The deadline is a net under the test, never what it measures."""
    deadline = time.monotonic() + 100
    while not there():
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.skipif(os.name == "nt", reason="needs kill -9")
def test_killed_told_to_end_and_resumed(
    place: Path, shell_environment: dict[str, str], shell: Callable[..., Any]
) -> None:
    before = {path.name for path in place.iterdir()}
    rarely = " ".join(COMMAND).replace("0.001s", "1h")
    whole = shell(rarely.replace("out.qaad", "whole.qaad"), place)
    assert (whole.code, whole.stderr) == (0, "")
    with started(place, shell_environment) as process:
        wait_until(process, lambda: reached(place) > ("training", 20))
    first = reached(place)
    assert first[1] < 150
    assert {path.name for path in place.iterdir()} == before | {"whole.qaad", WORK, LOCK}

    refused = shell(" ".join(COMMAND), place)
    assert refused.code == 1
    assert refused.stderr.startswith(f"qaad: error: {WORK} keeps an unfinished run (training, after ")
    assert refused.stderr.endswith("hint: --resume goes on with it; delete the folder to start again\n")

    other = shell(" ".join([*COMMAND, "--resume", "--seed", "5"]), place)
    assert other.code == 2
    assert "was begun with other options: seed was 0, and is 5" in other.stderr

    # SIGTERM, as a queue sends it, leaves an archive of what was learnt so far, and a checkpoint to go on from.
    with started(place, shell_environment, "--resume") as process:
        wait_until(process, lambda: reached(place)[1] > first[1] + 20)
        process.terminate()
        _, stderr = process.communicate(timeout=100)
    assert (process.returncode, stderr) == (0, "")
    assert reached(place)[1] < 150
    assert json.loads(shell("qaad inspect out.qaad --json", place).stdout)["epochs"] < 150

    os.rename(place / "set" / "00003.ply", place / "set" / "9.ply")
    changed = shell(" ".join([*COMMAND, "--resume"]), place)
    assert changed.code == 3
    assert "was begun with other clouds: 00003 is missing; 9 is new" in changed.stderr
    os.rename(place / "set" / "9.ply", place / "set" / "00003.ply")

    done = shell(f"{rarely} --resume".replace(" -q", ""), place)
    assert done.code == 0
    assert f"qaad: note: going on from the checkpoint in {WORK}: training, after " in done.stderr
    assert "assigning" not in done.stderr
    # It has overwritten the archive of the run that was told to end, since that was its own.
    assert (place / "out.qaad").read_bytes() == (place / "whole.qaad").read_bytes()
    assert {path.name for path in place.iterdir()} == before | {"whole.qaad", "out.qaad"}


@pytest.mark.skipif(os.name == "nt", reason="needs kill -9")
def test_two_runs_of_one_output(place: Path, shell_environment: dict[str, str], shell: Callable[..., Any]) -> None:
    """The second one is refused at once; and after a kill the place is free again."""
    with started(place, shell_environment, "--work", "none") as process:
        wait_until(process, (place / LOCK).exists)
        wait_until(process, lambda: (place / LOCK).stat().st_size > 0)
        second = shell(" ".join(COMMAND), place)
        assert second.code == 1
        assert second.stderr.startswith(f"qaad: error: out.qaad is in use by another run (process {process.pid} on ")
        assert second.stderr.endswith("hint: wait for its end, or name another output\n")
    assert (place / LOCK).exists()
    third = shell("qaad encode tiny.qaad set/00001.ply -o out.qaad -q", place)
    assert third.code == 0
    assert not (place / LOCK).exists()


def test_an_output_whose_folder_goes_is_saved_elsewhere(
    place: Path, standby: dict[str, str], shell: Callable[..., Any]
) -> None:
    (place / "there").mkdir()
    (place / "tmp").mkdir()
    command = " ".join(COMMAND).replace("-o out.qaad", "-o there/out.qaad --work none").replace(" -q", "")
    with subprocess.Popen(
        command.split(),
        cwd=place,
        env={**standby, "TMPDIR": str(place / "tmp")},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if "training" in line and (place / "there").exists():
                for path in (place / "there").iterdir():
                    path.unlink()
                (place / "there").rmdir()
    assert process.returncode == 1
    (saved,) = (place / "tmp").glob("rescued-*.qaad")
    assert said[-2] == (
        f"qaad: error: cannot write there/out.qaad: there does not exist; what was learnt is saved as {saved}\n"
    )
    assert said[-1] == f"hint: move it to where it should be: mv {saved} there/out.qaad\n"
    assert shell(f"qaad verify {saved} -q", place).code == 0
