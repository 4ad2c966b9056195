"""The real `qaad` command in a real shell, and a folder with a small set and its archive to try it on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

# A set that takes a second to learn: what is tested here is the command, not the codec.
MAKE_SET = "qaad synth skulls -n 4 -m 300 -o set/ --seed 1 -q"
MAKE_ARCHIVE = (
    "qaad compress set/ -o tiny.qaad --epochs 2 --points 256 --latent-size 4 --patches 4 --device cpu -q > summary.txt"
)


@dataclass(frozen=True)
class Outcome:
    stdout: str
    stderr: str
    code: int


def environment() -> dict[str, str]:
    """The caller's, with the installed `qaad` first in PATH, and nothing in it that would change what is printed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QAAD_") and k not in ("FORCE_COLOR", "NO_COLOR")}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}",
        "COLUMNS": "80",
        "TERM": "xterm",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
    }


def run_in_shell(command: str, folder: Path, **variables: str) -> Outcome:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**environment(), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Outcome(
        done.stdout.decode(errors="backslashreplace"), done.stderr.decode(errors="backslashreplace"), done.returncode
    )


@pytest.fixture
def shell() -> Callable[..., Outcome]:
    """Runs a command line in bash: `shell(command, folder, **environment)`."""
    return run_in_shell


@pytest.fixture
def shell_environment() -> dict[str, str]:
    return environment()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that every test gets a copy of: set/ with 00000.ply to 00003.ply, and tiny.qaad."""
    folder = tmp_path_factory.mktemp("made")
    for command in (MAKE_SET, MAKE_ARCHIVE):
        outcome = run_in_shell(command, folder)
        assert (outcome.code, outcome.stderr) == (0, ""), f"{command}\n{outcome.stderr}"
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """A copy of `made` of a test's own."""
    return Path(shutil.copytree(made, tmp_path / "place"))
