"""The kernels work where they cannot be kept on disk, or what was kept is damaged; they are loaded when needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOLVE = """
import numpy as np
from qaadcodec.metrics.em_kd import em_kd
cloud = np.arange(30.0).reshape(10, 3)
print(em_kd(cloud, cloud[::-1]))
"""


TELL = """
from qaadcodec.progress import PhaseEnded, PhaseStarted, Run
from qaadcodec.assignment.kernels.ready import make_ready
heard = []
run = Run(listener=heard.append).within(60)
later = make_ready(run)
assert make_ready(later) is later
assert bool(heard) == (later is not run)
if heard:
    assert later.deadline - run.deadline >= heard[1].seconds
assert all(isinstance(event, PhaseStarted | PhaseEnded) for event in heard)
print([event.phase for event in heard], [event.total for event in heard[:1]])
"""


def run(cache: Path | None, code: str = SOLVE) -> str:
    """What a program prints, where compiled code is kept in a folder; None for where it always is."""
    environment = {**os.environ, **({} if cache is None else {"NUMBA_CACHE_DIR": str(cache)})}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_compiling_is_told_as_such_where_nothing_is_kept_and_damaged_files_are_made_anew(tmp_path: Path) -> None:
    """One test, since compiling takes long."""
    assert run(tmp_path, TELL) == "['compiling', 'compiling'] [None]"
    assert run(tmp_path, TELL) == "[] []"
    kept = list(tmp_path.rglob("*.nbi"))
    assert len(kept) >= 8
    for i, file in enumerate(kept):
        file.write_bytes(file.read_bytes()[:40] if i % 2 else b"")
    assert run(tmp_path) == "0.0"


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on files")
def test_no_room_to_keep_it_is_no_error(tmp_path: Path) -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))\n" + SOLVE
    assert run(tmp_path, limited) == "0.0"


def test_numba_is_imported_where_a_kernel_is_called_and_not_before() -> None:
    """Decoding an archive and showing what is in it call none, so they do not wait for it."""
    code = """
import sys
import qaadcodec.codec.decode, qaadcodec.codec.evaluate, qaadcodec.codec.inspect
import qaadcodec.assignment.greedy, qaadcodec.assignment.patches, qaadcodec.assignment.reassignment
before = "numba" in sys.modules
from qaadcodec.assignment.kernels.ready import kernels
print(before, "numba" in sys.modules, kernels() is kernels(), "numba" in sys.modules)
"""
    assert run(None, code) == "False False True True"
