"""Clouds that change between the first look and the second reading: found, and left out or an error."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds, write_cloud
from qaadcodec.errors import CloudError, Interrupted
from qaadcodec.progress import PhaseStarted, Run, StopRequest
from qaadcodec.sets.again import ChangedError, read_again, unchanged
from qaadcodec.sets.gather import gather
from qaadcodec.sets.survey import Survey, survey

CLOUDS = np.random.default_rng(0).normal(size=(5, 40, 3)).astype(np.float32)
HINT = "let nothing write to the inputs meanwhile; --skip-bad leaves it out"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("set").mkdir()
    for i, cloud in enumerate(CLOUDS):
        write_cloud(Path(f"set/{i}.ply"), cloud, "ply")
    return Path("set")


def surveyed(*inputs: Any) -> Survey:
    return survey(find_clouds(inputs), Run(), skip_bad=False)


def rewritten(path: Path, points: np.ndarray) -> None:
    """Other points of the same size in a file of the same time."""
    state = path.stat()
    write_cloud(path, points, path.suffix[1:], overwrite=True)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def removed(path: Path, points: np.ndarray) -> None:
    path.unlink()


def shortened(path: Path, points: np.ndarray) -> None:
    write_cloud(path, points[:30], "ply", overwrite=True)


def cut(path: Path, points: np.ndarray) -> None:
    path.write_bytes(path.read_bytes()[:-12])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (rewritten, "its points are not what they were"),
        (shortened, "it had 40 points, and has 30"),
        (cut, "is truncated: 40 vertices need 480 bytes after the header, and there are 468, which is 39 vertices"),
        (removed, "cannot be read: no such file or directory"),
    ],
)
def test_whatever_has_changed_is_found(folder: Path, change: Callable[..., None], why: str) -> None:
    found = surveyed("set")
    change(Path("set/2.ply"), CLOUDS[2] + np.float32(1e-6))
    np.testing.assert_array_equal(read_again(found, 1).points, CLOUDS[1])
    with pytest.raises(ChangedError) as caught:
        gather(found, 40, Run())
    assert str(caught.value) == f"set/2.ply: has changed since the first look: {why}"
    assert (caught.value.hint, caught.value.cloud, caught.value.exit_code) == (HINT, 2, 3)


def test_a_file_that_was_only_touched_has_not_changed(folder: Path) -> None:
    found = surveyed("set")
    write_cloud(Path("set/2.ply"), CLOUDS[2], "ply", overwrite=True)
    os.utime("set/1.ply")
    with gather(found, 40, Run()) as gathered:
        assert len(gathered) == 5


def test_arrays_of_files_and_of_memory_are_found_too(folder: Path) -> None:
    np.save("a.npy", CLOUDS)
    found = surveyed("a.npy")
    np.save("a.npy", CLOUDS[:, ::-1])
    with pytest.raises(ChangedError, match=r"^a\.npy::\[0\]: has changed since the first look: its points are not"):
        read_again(found, 0)
    own = CLOUDS.copy()
    found = surveyed(own)
    own[3, 5] += 1
    assert len(read_again(found, 2)) == 40
    with pytest.raises(ChangedError, match=r"^array 0\[3\]: has changed since the first look: its points are not"):
        read_again(found, 3)


def test_those_that_changed_are_left_out_and_the_set_is_as_if_they_had_not_been_there(folder: Path, heard: Any) -> None:
    def change(event: object) -> None:
        heard(event)
        if isinstance(event, PhaseStarted) and event.phase == "normalising" and Path("set/3.ply").exists():
            rewritten(Path("set/1.ply"), 100 * CLOUDS[1])
            Path("set/3.ply").unlink()

    run = Run(listener=change)
    found = survey(find_clouds(["set"]), run, skip_bad=True)
    with unchanged(found, lambda: gather(found, 40, run), run, skip_bad=True) as gathered:
        whole = np.array(gathered.store.points)
    with gather(surveyed("set/0.ply", "set/2.ply", "set/4.ply"), 40, Run()) as wanted:
        np.testing.assert_array_equal(whole, wanted.store.points)
        assert (gathered.names, gathered.counts, gathered.variance) == (wanted.names, wanted.counts, wanted.variance)
    reasons = [
        "set/1.ply: has changed since the first look: its points are not what they were",
        "set/3.ply: has changed since the first look: cannot be read: no such file or directory",
    ]
    assert found.skipped == [("set/1.ply", reasons[0]), ("set/3.ply", reasons[1])]
    assert heard.notices == [f"skipped {why}" for why in reasons]
    started = [event.phase for event in heard.events if isinstance(event, PhaseStarted)]
    assert started == ["reading", "normalising", "reading again", "normalising"]


def test_without_leave_to_skip_it_is_an_error(folder: Path) -> None:
    found = surveyed("set")
    rewritten(Path("set/4.ply"), CLOUDS[3])
    with pytest.raises(ChangedError, match=r"^set/4\.ply: has changed"):
        unchanged(found, lambda: gather(found, 40, Run()), Run(), skip_bad=False)


def test_none_may_be_left_and_it_may_be_stopped(folder: Path) -> None:
    found = surveyed("set")
    for i in range(5):
        Path(f"set/{i}.ply").unlink()
    stop = StopRequest()
    stop.set()
    with pytest.raises(Interrupted):
        unchanged(found, lambda: read_again(found, 0), Run(stop=stop), skip_bad=True)
    with pytest.raises(CloudError, match=r"^all of 5 clouds have changed since the first look$"):
        unchanged(found, lambda: read_again(found, 0), Run(), skip_bad=True)


def test_one_that_flickers_is_left_out_too(folder: Path) -> None:
    found, tries = surveyed("set"), []

    def work() -> int:
        tries.append(len(found))
        if len(found) == 5:
            raise ChangedError("set/0.ply: has changed since the first look: it did", 0)
        return len(found)

    assert unchanged(found, work, Run(), skip_bad=True) == 4
    assert tries == [5, 4]
