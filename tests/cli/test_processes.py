"""Processes that share a run: one that is lost is started again, and all go on from the last checkpoint."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from qaadcodec.archive import ArchiveReader

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes as Linux tells of them")

EPOCHS = 60
SHARED = [
    *("qaad", "compress", "set/", "-o", "shared.qaad", "--processes", "2", "--epochs", str(EPOCHS), "--points", "256"),
    *(
        "--latent-size",
        "4",
        "--patches",
        "4",
        "--device",
        "cpu",
        "--align",
        "none",
        "--checkpoint-every",
        "0.05s",
        "--json",
    ),
]


def started(folder: Path, variables: dict[str, str], *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*SHARED, *more],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def outcome_of(command: str, folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["qaad", *command.split()], cwd=folder, env=variables, capture_output=True, text=True, timeout=200, check=False
    )


def test_processes_decode_and_evaluate_what_one_does(place: Path, standby: dict[str, str]) -> None:
    for command, told in (
        ("decode tiny.qaad -a -o {}/", ""),
        ("eval tiny.qaad set/ --metrics n_em_kd,chamfer --csv {}.csv --json -q", '{"index": 0'),
    ):
        alone, shared = (
            outcome_of(f"{command.format(where)}{more}", place, standby)
            for where, more in (("alone", ""), ("shared", " --processes 2"))
        )
        assert (shared.returncode, shared.stdout) == (0, alone.stdout)
        assert shared.stderr == alone.stderr.replace("alone", "shared")
        assert shared.stdout.startswith(told)
    assert sorted(path.name for path in (place / "shared").iterdir()) == [f"0000{i}.ply" for i in range(4)]
    for file in [*(place / "alone").iterdir(), place / "alone.csv"]:
        assert Path(str(file).replace("alone", "shared")).read_bytes() == file.read_bytes()


def test_what_fails_in_one_process_is_told_once(place: Path, standby: dict[str, str]) -> None:
    (place / "set" / "00003.ply").write_bytes(b"none")
    failed = outcome_of("eval tiny.qaad set/ --processes 2 -q", place, standby)
    assert (failed.returncode, failed.stdout) == (3, "")
    assert failed.stderr.count("qaad: error: ") == 1
    assert failed.stderr.startswith("qaad: error: set/00003.ply: ")
    missed = outcome_of("eval tiny.qaad set/00000.ply --processes 2 --fail-above em_kd=0 -i0 -q", place, standby)
    assert missed.returncode == 5
    assert missed.stderr.count("qaad: error: ") == 1


def ranks_of(parent: int) -> list[int]:
    """The processes that a process has started to share its run."""
    children = [
        child for task in Path(f"/proc/{parent}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def wait_until_training(folder: Path) -> None:
    """Until there is a checkpoint of the training; the deadline is a net under the test."""
    manifest, deadline = folder / ".shared.qaad.work" / "checkpoint.json", time.monotonic() + 100
    while time.monotonic() < deadline:
        if manifest.exists() and json.loads(manifest.read_text())["stage"] == "training":
            return
        time.sleep(0.05)
    raise AssertionError("no checkpoint of the training within 100 s")


@pytest.mark.long
def test_a_process_that_is_killed_is_started_again(place: Path, shell_environment: dict[str, str]) -> None:
    process = started(place, shell_environment)
    wait_until_training(place)
    ranks = ranks_of(process.pid)
    assert len(ranks) == 2
    os.kill(ranks[1], signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=200)
    assert process.returncode == 0, stderr
    assert stderr.count("another process of the run is gone") == 1
    assert stderr.count("going on from the checkpoint in .shared.qaad.work: training") == 1
    assert "Traceback" not in stderr
    assert json.loads(stdout)["epochs"] == EPOCHS
    with ArchiveReader(place / "shared.qaad") as reader:
        assert (reader.header.clouds, reader.header.epochs) == (4, EPOCHS)
    assert not (place / ".shared.qaad.work").exists()


def test_ctrl_c_finishes_early_on_all(place: Path, shell_environment: dict[str, str]) -> None:
    process = started(place, shell_environment, "--epochs", "1000000")
    wait_until_training(place)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=200)
    assert process.returncode == 0, stderr
    assert stderr.count("finishing early; press Ctrl-C again to stop") == 1
    summary = json.loads(stdout)
    assert (summary["interrupted"], summary["clouds"]) == (True, 4)
