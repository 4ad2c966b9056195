"""The files of folders that are not read: counted, and told with what to do."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds, write_cloud
from qaadcodec.clouds.opening import special
from qaadcodec.clouds.unread import Unread
from qaadcodec.errors import CloudError

CLOUD = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def folder(*others: str) -> Path:
    """A folder of one cloud and other files."""
    for name in others:
        path = Path("set", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1 2 3\n", encoding="utf-8")
    Path("set").mkdir(exist_ok=True)
    write_cloud(Path("set/a.ply"), CLOUD, "ply", overwrite=True)
    return Path("set")


def told(*inputs: str | Path) -> list[str]:
    lines: list[str] = []
    find_clouds(inputs, lines.append)
    return lines


def test_they_are_counted_by_suffix_with_what_to_do() -> None:
    folder("b.txt", "sub/c.TXT", "d.pts", "e.fbx", "f.stp", "f.json", "g.json", "readme", "h.ply.xz", "i.txt.gz")
    assert told("set") == [
        "left out: 2 .txt, 1 .pts and 1 .txt.gz (name them to read them), 1 .xz (unpack them), "
        "1 .fbx and 1 .stp (convert them to PLY), 2 .json and 1 without suffix"
    ]


def test_their_paths_can_be_had() -> None:
    folder("b.txt", "sub/c.json", ".hidden.txt")
    left_out: list[str] = []
    find_clouds(["set"], left_out=left_out)
    assert sorted(left_out) == ["set/b.txt", "set/sub/c.json"]


def test_of_several_folders_there_is_one_line_and_of_none_there_is_none() -> None:
    folder("b.txt", ".hidden.txt", ".cache/c.txt")
    Path("more").mkdir()
    write_cloud(Path("more/a.ply"), CLOUD, "ply")
    assert told("more", "set/a.ply") == []
    Path("more/notes.txt").write_text("1 2 3\n", encoding="utf-8")
    assert told("set", "more") == ["left out: 2 .txt (name them to read them)"]


def test_a_file_that_is_named_too_is_not_counted() -> None:
    folder("b.txt", "c.txt")
    assert told("set", "set/b.txt") == ["left out: 1 .txt (name them to read them)"]
    Path("link").symlink_to("set/c.txt")
    assert told("set", "set/b.txt", "link") == []


def test_of_many_kinds_the_commonest_are_told() -> None:
    unread = Unread()
    for n in range(9):
        for i in range(n + 1):
            unread.take(Path(f"{i}.s{n}"))
    assert str(unread) == "9 .s8, 8 .s7, 7 .s6, 6 .s5, 5 .s4 and 4 more kinds"
    assert unread.counted() == "9 .s8, 8 .s7, 7 .s6, 6 .s5, 5 .s4"


def test_pipes_sockets_and_devices_are_never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    folder()
    os.mkfifo("set/b.ply")
    os.mkfifo("set/c.npz")
    Path("set/d.xyz").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("set/e.h5")
        assert told("set") == ["left out: 2 pipes, 1 device and 1 socket (never opened)"]
    assert [source.name for source in find_clouds(["set"])] == ["a"]
    assert [special(Path("set", name)) for name in ("a.ply", "b.ply", "d.xyz", "e.h5", "none")] == [
        None,
        "pipe",
        "device",
        "socket",
        None,
    ]


def test_a_folder_without_clouds_says_what_could_be_named() -> None:
    folder("b.txt", "c.txt", "d.csv", "e.md")
    Path("set/a.ply").unlink()
    with pytest.raises(CloudError) as caught:
        find_clouds(["set"])
    assert str(caught.value) == "set: no clouds in this folder; it has 4 other files (2 .txt, 1 .csv, 1 .md)"
    assert (caught.value.hint or "").startswith("in folders and zips qaad reads .ply .npy ")
    assert (caught.value.hint or "").endswith("; files of .csv .txt are read if they are named themselves")
