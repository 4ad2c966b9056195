"""What looks into an archive or decodes from it never waits for torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HEAVY = ["torch", "scipy", "numba", "h5py", "plyfile", "rich", "fsspec", "aiohttp"]
HEAVY += [] if np.__version__ < "2" else ["numpy.ma"]  # which numpy 1 imports itself
USES = {
    "inspect": "qaadcodec.inspect(path)",
    "verify": "qaadcodec.verify(path, decode=True)",
    "decode to ply": "qaadcodec.decode(path, folder + '/out.ply', 1)",
    "decode to npy": "qaadcodec.decode(path, folder + '/out.npy', points=7)",
    "decode to a folder": "qaadcodec.decode(path, folder + '/out/', format='xyz')",
    "open": "a = qaadcodec.open(path); a['sub/c']; a[1:3]; a.close()",
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_no_heavy_import(archive: Path, tmp_path: Path, use: str) -> None:
    program = (
        f"import sys, qaadcodec\npath, folder = sys.argv[1:]\n{use}\nprint(*(m for m in {HEAVY} if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(archive), str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "\n"
    assert done.stderr == ""


def test_metrics_take_scipy_but_no_torch(archive: Path, made: Path) -> None:
    program = (
        "import sys, qaadcodec\n"
        "print(len(list(qaadcodec.evaluate(sys.argv[1], [sys.argv[2]]))), 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(archive), str(made / "scans")], capture_output=True, text=True, check=True
    )
    assert done.stdout == "4 False\n"
