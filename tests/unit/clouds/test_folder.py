"""The clouds of a folder: order, links, names."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds, write_cloud


def put(path: Path, value: float = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_cloud(path, np.full((2, 3), value, np.float32), path.suffix[1:])
    return path


def names(*inputs: str | Path) -> list[str]:
    return [source.name for source in find_clouds(inputs)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_folders_are_searched_in_natural_order() -> None:
    files = ["scan10.ply", "scan2.ply", "Scan1.ply", "b/7.npy", "b/07.xyz", "b10/1.ply", "b9/x/1.PLY", "z.ply"]
    for file in files:
        put(Path("set") / file.lower()).rename(Path("set") / file)
    put(Path("set/.hidden.ply"))
    put(Path("set/.cache/a.ply"))
    Path("set/notes.txt").write_text("1 2 3\n", encoding="utf-8")
    Path("set/params.json").write_text("{}", encoding="utf-8")
    found = ["b/07", "b/7", "b9/x/1", "b10/1", "Scan1", "scan2", "scan10", "z"]
    assert names("set") == found
    assert [s.path for s in find_clouds([Path("set")])][2:4] == ["set/b9/x/1.PLY", "set/b10/1.ply"]


def test_a_linked_folder_is_entered_once() -> None:
    put(Path("elsewhere/1.ply"))
    Path("set/sub").mkdir(parents=True)
    Path("set/sub/far").symlink_to(Path("elsewhere").resolve())
    Path("set/sub/loop").symlink_to(Path("set").resolve())
    assert names("set") == ["sub/far/1"]


def test_file_names_that_are_not_utf8() -> None:
    put(Path("set/a.ply")).rename(Path("set") / os.fsdecode(b"\xff1.ply"))
    assert names("set") == ["\ufffd1"]
    assert find_clouds(["set"])[0].load().points.shape == (2, 3)
