"""Machine code is there even where it cannot be kept, or where what was kept is damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba")

SOLVE = """
import numpy as np
from qaadcodec.assignment.kernels.compiling import machine_code
from qaadcodec.metrics.em_kd import em_kd
cloud = np.arange(30.0).reshape(10, 3)
assert machine_code() is not None
print(em_kd(cloud, cloud[::-1]))
"""


def run(cache: Path, code: str = SOLVE) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_damaged_files_are_made_anew(tmp_path: Path) -> None:
    assert run(tmp_path) == "0.0"
    kept = list(tmp_path.rglob("*.nbi"))
    assert len(kept) >= 8
    for i, file in enumerate(kept):
        file.write_bytes(file.read_bytes()[:40] if i % 2 else b"")
    assert run(tmp_path) == "0.0"


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on files")
def test_no_room_to_keep_it_is_no_error(tmp_path: Path) -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))\n" + SOLVE
    assert run(tmp_path, limited) == "0.0"
