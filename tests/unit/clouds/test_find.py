"""From inputs to clouds: order, names, selections, pipes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import WRITTEN, find_clouds, read_cloud, write_cloud
from qaadcodec.errors import UsageError


def put(path: Path, value: float = 0, points: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_cloud(path, np.full((points, 3), value, np.float32), path.suffix[1:])
    return path


def names(*inputs: str | Path) -> list[str]:
    return [source.name for source in find_clouds(inputs)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_names_that_clash_keep_their_suffix_then_count() -> None:
    for file in ["s/a.ply", "s/a.npy", "s/b.ply", "t/b.ply", "t/b~2.ply", "u/a.ply"]:
        put(Path(file))
    assert names("s", "t") == ["a.npy", "a.ply", "b", "b~3", "b~2"]
    assert names("s/b.ply", "t/b.ply", "t/b.ply") == ["b", "b~2", "b~3"]
    assert names("s/a.ply", "s/a.npy", "u/a.ply") == ["a.ply", "a.npy", "a.ply~2"]


def test_arrays_from_several_inputs_bear_the_name_of_their_file() -> None:
    np.save("a.npy", np.zeros((2, 4, 3)))
    np.savez("b.npz", p=np.zeros((4, 3)), q=np.zeros((4, 3)))
    assert names("a.npy", "b.npz") == ["a/0", "a/1", "b/p", "b/q"]
    Path("set").mkdir()
    Path("a.npy").rename("set/a.npy")
    assert names("set") == ["a/0", "a/1"]


def test_a_file_name_with_two_colons_is_a_file() -> None:
    put(Path("a::b.ply"), 5)
    assert read_cloud("a::b.ply").points[0, 0] == 5


@pytest.mark.parametrize("suffix", WRITTEN)
def test_stdin_and_pipes(monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    data = put(Path(f"a.{suffix}"), 6).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    (source,) = find_clouds(["-"])
    assert (source.name, source.path.partition("::")[0], source.count()) == ("stdin", "stdin", 2)
    np.testing.assert_array_equal(source.load().points, np.full((2, 3), 6))
    os.mkfifo("pipe")
    with subprocess.Popen(["cp", f"a.{suffix}", "/dev/stdout"], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert read_cloud(f"/dev/fd/{writer.stdout.fileno()}").points[0, 0] == 6


def test_usage() -> None:
    with pytest.raises(UsageError, match=r"^no inputs$"):
        find_clouds([])
    with pytest.raises(UsageError, match="more than once"):
        find_clouds(["-", "-"])
