"""The kernels work where they cannot be kept on disk, or what was kept is damaged; they are loaded when needed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# What a test of what is kept needs of the kernels: two, one of which calls a third one. Those of qaad are compiled for
# half a minute.
SMALL = {
    "exact": """
from qaadcodec.assignment.kernels.compiling import compiled

@compiled
def following(place):
    return place + 1

@compiled
def assign_leaves(prediction, target, rows, others, bounds, result):
    for i in range(bounds[0], bounds[1]):
        result[i] = following(i) - 1
""",
    "splitting": """
from qaadcodec.assignment.kernels.compiling import compiled

@compiled
def split(prediction, target, tied, leaf):
    return prediction[:leaf], target[:leaf], tied
""",
}
TAKE_SMALL = """
import importlib.util, sys
for name in ("exact", "splitting"):
    spec = importlib.util.spec_from_file_location(f"qaadcodec.assignment.kernels.{name}", f"{name}.py")
    sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[spec.name])
"""
SOLVE = """
import numpy as np
from qaadcodec.assignment.kernels.ready import kernels
cloud, rows, result = np.arange(6.0).reshape(2, 3), np.arange(2), np.empty(2, np.int64)
kernels().assign_leaves(cloud, cloud, rows, rows, np.array([0, 2]), result)
print(result.tolist())
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
# As where neither the folder of the module nor the home of the user can be written.
HOMELESS = """
from numba.core import caching
caching.CacheImpl._locator_classes = [c for c in caching.CacheImpl._locator_classes if "UserProvided" in c.__name__]
"""
HITS = """
from qaadcodec.assignment.kernels.ready import kernels

print(sum(len(f.stats.cache_hits) for f in kernels()), kernels().split.stats.cache_path)
"""


@pytest.fixture(params=["small", pytest.param("real", marks=pytest.mark.long)])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., str]:
    """What a program prints that takes small kernels, or those of qaad: `run(before, code, **variables)`."""
    for name, text in SMALL.items():
        (tmp_path / f"{name}.py").write_text(text)

    def printed(code: str, before: str = "", **variables: str) -> str:
        program = before + (TAKE_SMALL if request.param == "small" else "") + code
        kept = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={**kept, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return printed


def test_compiling_is_told_as_such_where_nothing_is_kept(run: Callable[..., str], tmp_path: Path) -> None:
    """And what is kept and damaged is made anew; one test, since compiling takes long."""
    cache = tmp_path / "cache"
    assert run(TELL, NUMBA_CACHE_DIR=str(cache)) == "['compiling', 'compiling'] [None]"
    assert run(TELL, NUMBA_CACHE_DIR=str(cache)) == "[] []"
    kept = sorted(cache.rglob("*.nbi"))
    assert len(kept) >= 3
    for i, file in enumerate(kept):
        file.write_bytes(file.read_bytes()[:40] if i % 2 else b"")
    assert run(SOLVE, NUMBA_CACHE_DIR=str(cache)) == "[0, 1]"


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on files")
def test_no_room_to_keep_it_is_no_error(run: Callable[..., str], tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))\n"
    assert run(SOLVE, limit, NUMBA_CACHE_DIR=str(tmp_path / "cache")) == "[0, 1]"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners of files")
def test_without_a_home_the_code_is_kept_in_a_private_folder(run: Callable[..., str], tmp_path: Path) -> None:
    assert run(HITS, HOMELESS, TMPDIR=str(tmp_path)).split()[0] == "0"
    hits, folder = run(HITS, HOMELESS, TMPDIR=str(tmp_path)).split()
    assert int(hits) >= 4
    assert Path(folder).parent == tmp_path / f"qaad-compiled-{os.getuid()}"


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
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False True True\n"
