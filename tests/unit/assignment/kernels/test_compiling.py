"""The decorator: functions are compiled, even where they cannot be kept on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qaadcodec.assignment.kernels.compiling import private_folder

# Numba keeps nothing of a function that stands in no file.
DOUBLE = """
from qaadcodec.assignment.kernels import compiling

@compiling.compiled
def double(x):
    return 2 * x

print(double(21), double.stats.cache_path, double in compiling.functions, len(double.signatures))
compiling.do_without_disk()
print(double(0.5), len(double.signatures))
"""


def test_a_function_that_cannot_be_kept_is_compiled_all_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", DOUBLE], capture_output=True, text=True, check=True)
    assert done.stdout == "42 None True 1\n1.0 2\n"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners of files")
def test_a_folder_that_others_may_write_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = private_folder()
    assert folder is not None
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o770)
    assert private_folder() is None
    folder.rmdir()
    (tmp_path / "other").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "other")
    assert private_folder() is None
    folder.unlink()
    folder.write_bytes(b"")
    assert private_folder() is None
