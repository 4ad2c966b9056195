"""Who builds the wheel twice gets the same bytes, so that a wheel can be checked against its source."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


def wheel(folder: Path, age: int) -> Path:
    """The wheel of a copy of the source whose files are so many seconds old."""
    source = folder / "source"
    ignore = shutil.ignore_patterns("__pycache__", "node_modules")
    shutil.copytree(ROOT / "qaadcodec", source / "qaadcodec", ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for path in source.rglob("*"):
        os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1700000000"}
    command = [sys.executable, "-c", BUILD, str(folder)]
    built = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=True)
    return folder / built.stdout.splitlines()[-1]


@pytest.mark.skipif(find_spec("setuptools") is None, reason="setuptools is not installed")
def test_two_builds_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first, second = wheel(tmp_path / "first", 0), wheel(tmp_path / "second", 86_400)
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        names = archive.namelist()
    assert "qaadcodec/archive/reader.py" in names
    assert "qaadcodec/py.typed" in names
    assert not [name for name in names if "test" in name]
