"""An installation without some of its modules, little memory, and a locale that knows ASCII only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ARCHIVE = Path(__file__).parents[2] / "formats" / "vectors" / "extended.qaad"  # with the names Zürich and 点群
SLIM = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1].split(","):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from qaadcodec.cli.main import run
sys.exit(run(sys.argv[2:]))
"""


def without(modules: str, *line: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", SLIM, modules, *line], capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stderr


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_decoding_needs_numpy_and_constriction_alone() -> None:
    missing = "torch,scipy,numba,h5py,rich"
    assert without(missing, "decode", str(ARCHIVE), "-a", "-o", "out/", "-q") == (0, "")
    assert without(missing, "inspect", str(ARCHIVE), "--json")[0] == 0
    assert without(missing, "verify", str(ARCHIVE), "-q") == (0, "")


@pytest.mark.parametrize("missing", ["torch", "scipy", "numba"])
def test_what_compressing_needs_is_said(missing: str) -> None:
    np.save("set.npy", np.random.default_rng(0).normal(size=(3, 40, 3)))
    code, told = without(missing, "compress", "set.npy", "-o", "a.qaad", "--epochs", "1", "--device", "cpu", "-q")
    assert (code, told) == (
        1,
        f"qaad: error: this needs {missing}, which is not installed\nhint: pip install {missing}\n",
    )
    assert [path.name for path in Path().iterdir()] == ["set.npy"]


def test_names_that_the_encoding_of_file_names_does_not_have() -> None:
    plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "PATH": ""}
    command = [sys.executable, "-P", "-m", "qaadcodec", "decode", str(ARCHIVE), "-a", "-o", "out/", "-q"]
    plain["PYTHONPATH"] = str(Path(__file__).parents[2])
    done = subprocess.run(command, capture_output=True, text=True, env=plain, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in Path("out").iterdir()) == ["Z_rich.ply", "__.ply", "cloud 0.ply", "cloud 1.ply"]
