"""Writing: one cloud, many clouds, to paths, streams and pipes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import h5py
import numpy as np
import pytest

from qaadcodec.clouds import WRITTEN, find_clouds, read_cloud, write_cloud, write_clouds
from qaadcodec.clouds.formats import TABLE
from qaadcodec.clouds.written import WRITABLE
from qaadcodec.errors import EnvironmentFailure, UsageError

CLOUD = np.random.default_rng(0).normal(size=(1000, 3)).astype(np.float32)
SET = np.random.default_rng(1).normal(size=(11, 20, 3)).astype(np.float32)
EXACT = [name for name in WRITTEN if name not in ("las", "laz")]  # which round coordinates to a step


@pytest.mark.parametrize("format", EXACT)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_a_cloud_comes_back(tmp_path: Path, format: str, dtype: type) -> None:
    points = (CLOUD * 100).astype(dtype)
    write_cloud(tmp_path / f"a.{format}", points, format)
    back = read_cloud(tmp_path / f"a.{format}")
    assert back.name == "a"
    kept = dtype == np.float32 and not WRITABLE[format].is_text
    assert back.points.dtype == (np.float32 if kept else np.float64)
    np.testing.assert_array_equal(back.points.astype(dtype), points)


@pytest.mark.parametrize("format", [name for name in TABLE if TABLE[name].write_many])
def test_a_set_comes_back(tmp_path: Path, format: str) -> None:
    write_cloud(tmp_path / f"a.{format}", SET, format)
    found = find_clouds([tmp_path / f"a.{format}"])
    assert [s.name for s in found] == [f"{i:02d}" for i in range(11)]
    np.testing.assert_array_equal([s.load().points for s in found], SET)


@pytest.mark.parametrize("format", WRITTEN)
def test_a_pipe_gets_what_a_file_gets(tmp_path: Path, format: str) -> None:
    write_cloud(tmp_path / "file", CLOUD, format)
    if WRITABLE[format].write_many:
        write_cloud(tmp_path / "set", SET, format)
    for name, points in [("file", CLOUD), ("set", SET)]:
        if not (tmp_path / name).exists():
            continue
        receive, send = os.pipe()
        got: list[bytes] = []
        with os.fdopen(receive, "rb") as reader:
            thread = threading.Thread(target=lambda reader=reader, got=got: got.append(reader.read()))
            thread.start()
            with os.fdopen(send, "wb") as stream:
                write_cloud(stream, points, format)
                assert not stream.closed
            thread.join()
        if format == "npz":  # a zip that cannot be sought has its sizes behind the members
            assert np.load(io.BytesIO(got[0])).files == np.load(tmp_path / name).files
        else:
            assert got[0] == (tmp_path / name).read_bytes()


@pytest.mark.parametrize("format", WRITTEN)
def test_the_same_cloud_gives_the_same_bytes(tmp_path: Path, format: str) -> None:
    for name in "ab":
        write_cloud(tmp_path / name, CLOUD, format)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_numpy_and_h5py_read_what_is_written(tmp_path: Path) -> None:
    clouds = [("a/1", CLOUD[:5]), ("../b", CLOUD[:7].astype(np.float64)), ("a", CLOUD[:9])]
    write_clouds(tmp_path / "x.npz", iter(clouds), "npz")
    with np.load(tmp_path / "x.npz") as back:
        assert back.files == ["a/1", "b", "a"]
        np.testing.assert_array_equal(back["b"], clouds[1][1])
        assert (back["a/1"].dtype, back["b"].dtype) == (np.float32, np.float64)
    write_clouds(tmp_path / "x.h5", iter(clouds), "h5")
    with h5py.File(tmp_path / "x.h5") as back:
        assert sorted(back) == ["a", "a~2", "b"]  # in HDF5 a group and a dataset cannot share a name
        np.testing.assert_array_equal(back["a/1"], clouds[0][1])
        np.testing.assert_array_equal(back["a~2"], clouds[2][1])
    write_clouds(tmp_path / "x.npy", ((str(i), c) for i, c in enumerate(SET)), "npy")
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), SET)
    write_cloud(tmp_path / "one.npz", CLOUD, "npz", names=["face 1"])
    with np.load(tmp_path / "one.npz") as back:
        assert back.files == ["face 1"]


def refusals() -> list[tuple[object, str, str, str | None]]:
    two = [("a", CLOUD[:2]), ("b", CLOUD[:2])]
    several = "-o DIR/ writes a file for each; npy, npz and h5 hold many"
    return [
        (two, "ply", "a ply file holds one cloud, and a, b and so on are several", several),
        (two, "xyz", "a xyz file holds one cloud, and a, b and so on are several", several),
        (two, "tif", "unknown cloud format 'tif'; formats are ply, npy, npz, h5, xyz, off, vtp, obj, las, laz", None),
        ([], "npz", "there are no clouds to write", None),
        ([("a", CLOUD[:, :2])], "ply", "an array of shape (1000, 2) is not a cloud (points, 3)", None),
        (
            [("a", CLOUD[:2]), ("b", CLOUD[:3])],
            "npy",
            "an npy file holds clouds of one size and type, and b has 3 points of float32 after 2 of float32",
            "npz and h5 hold clouds of different sizes",
        ),
    ]


@pytest.mark.parametrize(("clouds", "format", "message", "hint"), refusals())
def test_what_a_file_cannot_hold(tmp_path: Path, clouds, format: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        write_clouds(tmp_path / "out", clouds, format)
    assert (str(caught.value), caught.value.hint) == (message, hint)
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_is_kept_unless_asked(tmp_path: Path) -> None:
    write_cloud(tmp_path / "a.ply", CLOUD, "ply")
    with pytest.raises(EnvironmentFailure, match=r"a\.ply exists already$"):
        write_cloud(tmp_path / "a.ply", CLOUD[:1], "ply")
    assert len(read_cloud(tmp_path / "a.ply")) == 1000
    write_cloud(tmp_path / "a.ply", CLOUD[:1], "ply", overwrite=True)
    assert len(read_cloud(tmp_path / "a.ply")) == 1


@pytest.mark.parametrize("format", WRITTEN)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_devices(format: str) -> None:
    write_cloud(Path("/dev/null"), CLOUD, format)
    with pytest.raises(EnvironmentFailure, match=r"^cannot write /dev/full: no space left on device$"):
        write_cloud(Path("/dev/full"), CLOUD, format)


@pytest.mark.parametrize("format", WRITTEN)
def test_a_disk_that_fills_up(tmp_path: Path, format: str) -> None:
    code = f"""
import resource, zipfile
import h5py, numpy
from qaadcodec.clouds import write_cloud
from qaadcodec.clouds.formats import TABLE
from qaadcodec.errors import EnvironmentFailure
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    write_cloud(__import__("pathlib").Path("out"), numpy.random.default_rng(0).random((60_000, 3)), {format!r})
except EnvironmentFailure as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("cannot write out: file too large\n", "")
    assert list(tmp_path.iterdir()) == []
