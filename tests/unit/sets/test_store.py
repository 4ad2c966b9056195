"""The store of aligned targets."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.sets import store as store_module
from qaadcodec.sets import windows as windows_module
from qaadcodec.sets.store import TargetStore


def test_it_keeps_what_is_put_in_and_leaves_no_file(tmp_path: Path) -> None:
    clouds = np.random.default_rng(0).normal(size=(3, 5, 3)).astype(np.float32)
    with TargetStore(3, 5, folder=tmp_path) as store:
        assert store.points.shape == (3, 5, 3)
        assert store.points.dtype == np.float32
        assert len(store) == 3
        store.points[:] = clouds
        np.testing.assert_array_equal(store.points, clouds)
    assert list(tmp_path.iterdir()) == []


def test_reorder_gives_rows_the_targets_of_others() -> None:
    with TargetStore(2, 6) as store:
        store.points[:] = np.arange(36).reshape(2, 6, 3)
        before = np.array(store.points)
        store.reorder(1, np.array([5, 0, 2]), np.array([2, 0, 1]))
        np.testing.assert_array_equal(store.points[0], before[0])
        np.testing.assert_array_equal(store.points[1], before[1][[5, 1, 0, 3, 4, 2]])


def mapped_bytes() -> int:
    """Bytes of files that are mapped into this process and resident (Linux counts them)."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssFile", "RssShmem")))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to read resident memory from")
def test_memory_does_not_grow_with_the_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty-four MiB of targets, looked at one by one, of which eight may be mapped."""
    monkeypatch.setattr(windows_module, "BOUND", 1 << 23)
    monkeypatch.setattr(windows_module, "LEAST", 1 << 20)
    count, points = 64, 87382  # a MiB each
    with TargetStore(count, points) as store:
        before = mapped_bytes()
        for i, cloud in enumerate(store.each()):
            cloud[:] = i
        most = 0
        for i, cloud in enumerate(store.each()):
            assert cloud[0, 0] == cloud[-1, 2] == float(cloud.mean()) == i
            most = max(most, mapped_bytes() - before)
        assert most < 12 << 20


def test_what_gave_way_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows_module, "BOUND", 1)
    monkeypatch.setattr(windows_module, "LEAST", 1)
    clouds = np.random.default_rng(1).normal(size=(5, 700, 3)).astype(np.float32)
    with TargetStore(5, 700) as store:
        for mine, cloud in zip(store.each(), clouds, strict=True):
            mine[:] = cloud
        store.reorder(2, np.arange(700), np.arange(700)[::-1])
        np.testing.assert_array_equal(store.points[2], clouds[2][::-1])
        np.testing.assert_array_equal(store.points[[0, 1, 3, 4]], clouds[[0, 1, 3, 4]])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_fork_writes_to_the_same_clouds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows_module, "BOUND", 1)
    monkeypatch.setattr(windows_module, "LEAST", 1)
    with TargetStore(3, 500) as store:
        store.points[:] = 1
        if (child := os.fork()) == 0:
            store.points[1] = 2
            os._exit(0)
        os.waitpid(child, 0)
        assert [float(cloud.mean()) for cloud in store.each()] == [1, 2, 1]


@pytest.fixture
def files_of_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[IO[bytes]]]:
    """No space left for any store; yields the files that were opened all the same."""
    opened: list[IO[bytes]] = []
    create = tempfile.TemporaryFile

    def recorded(*args: Any, **kwargs: Any) -> IO[bytes]:
        opened.append(create(*args, **kwargs))
        return opened[-1]

    def full(descriptor: int, offset: int, size: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store_module.tempfile, "TemporaryFile", recorded)
    monkeypatch.setattr(store_module.os, "posix_fallocate", full, raising=False)
    yield opened
    for file in opened:
        file.close()


@pytest.mark.usefixtures("files_of_a_full_disk")
def test_a_full_disk_is_said_with_the_folder_and_the_bytes(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure) as caught:
        TargetStore(10, 100, folder=tmp_path)
    assert str(caught.value) == f"{tmp_path}: no room for 12000 bytes of working data: no space left on device"
    assert caught.value.hint == "name another --work folder"
    with pytest.raises(EnvironmentFailure) as caught:
        TargetStore(10, 100)
    assert caught.value.hint == "set TMPDIR to a folder with more space"
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_file_open(tmp_path: Path, files_of_a_full_disk: list[IO[bytes]]) -> None:
    with pytest.raises(EnvironmentFailure, match="no room for 12 bytes"):
        TargetStore(1, 1, folder=tmp_path)
    assert [file.closed for file in files_of_a_full_disk] == [True]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"missing: no room for 72 bytes of working data: no such file"):
        TargetStore(1, 6, folder=tmp_path / "missing")


def test_the_space_is_claimed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed = []
    monkeypatch.setattr(
        store_module, "reserve", lambda descriptor, size: (claimed.append(size), os.truncate(descriptor, size))
    )
    with TargetStore(4, 25, folder=tmp_path):
        assert claimed == [1200]
