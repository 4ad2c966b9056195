"""What is said where Pillow or matplotlib is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.pictures.libraries import font_file, of_the_extra


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(EnvironmentFailure, match="pictures need Pillow and matplotlib: import of matplotlib") as failed:
        font_file()
    assert failed.value.hint == "pip install 'qaadcodec[pictures]'"
    assert failed.value.exit_code == 1


def test_there_is_a_font() -> None:
    assert font_file().is_file()
    assert font_file(bold=True).is_file()


def test_nothing_that_is_slow_to_import_is_needed(archive: Path, tmp_path: Path) -> None:
    """Not torch, nor the interface of matplotlib that looks for a screen."""
    program = (
        "import sys\nfrom qaadcodec.cli.main import run\n"
        "code = run(['render', sys.argv[1], '-i', '0', '--width', '200', '-o', sys.argv[2], '-q'])\n"
        "print(code, *(m for m in ('torch', 'matplotlib.pyplot', 'h5py') if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(archive), str(tmp_path / "a.png")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_without_a_home_nothing_is_said(tmp_path: Path) -> None:
    program = "from qaadcodec.pictures.libraries import font_file\nprint(font_file().name)"
    none = {"HOME": "/dev/null/none", "XDG_CONFIG_HOME": "/dev/null/none", "TMPDIR": str(tmp_path)}
    kept = {name: value for name, value in os.environ.items() if name != "MPLCONFIGDIR"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=kept | none)
    assert (done.stdout, done.stderr) == ("DejaVuSans.ttf\n", "")
    assert list(tmp_path.iterdir()) == []


def test_memory_that_is_missing_is_no_missing_library() -> None:
    with pytest.raises(ImportError, match=r"^failed to map segment"), of_the_extra():
        raise ImportError("failed to map segment from shared object")
