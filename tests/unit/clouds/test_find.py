"""From inputs to clouds: order, names, selections, pipes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from qaadcodec.clouds import find_clouds, read_cloud, write_cloud
from qaadcodec.errors import CloudError, UsageError


def put(path: Path, value: float = 0, points: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_cloud(path, np.full((points, 3), value, np.float32), path.suffix[1:])
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
    Path("set/notes.txt").write_text("1 2 3\n")
    Path("set/params.json").write_text("{}")
    found = ["b/07", "b/7", "b9/x/1", "b10/1", "Scan1", "scan2", "scan10", "z"]
    assert names("set") == found
    assert [s.path for s in find_clouds([Path("set")])][2:4] == ["set/b9/x/1.PLY", "set/b10/1.ply"]


def test_names_that_clash_keep_their_suffix_then_count() -> None:
    for file in ["s/a.ply", "s/a.npy", "s/b.ply", "t/b.ply", "t/b~2.ply", "u/a.ply"]:
        put(Path(file))
    assert names("s", "t") == ["a.npy", "a.ply", "b", "b~3", "b~2"]
    assert names("s/b.ply", "t/b.ply", "t/b.ply") == ["b", "b~2", "b~3"]
    assert names("s/a.ply", "s/a.npy", "u/a.ply") == ["a.ply", "a.npy", "a.ply~2"]


def test_a_linked_folder_is_entered_once() -> None:
    put(Path("elsewhere/1.ply"))
    Path("set/sub").mkdir(parents=True)
    Path("set/sub/far").symlink_to(Path("elsewhere").resolve())
    Path("set/sub/loop").symlink_to(Path("set").resolve())
    assert names("set") == ["sub/far/1"]


@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_of_many_clouds(order: str) -> None:
    values = np.arange(11 * 4 * 3, dtype=np.float32).reshape(11, 4, 3)
    np.save("set.npy", np.asarray(values, order=order))
    found = find_clouds(["set.npy"])
    assert [s.name for s in found] == [f"{i:02d}" for i in range(11)]
    assert (found[7].path, found[7].count()) == ("set.npy::[7]", 4)
    np.testing.assert_array_equal(found[7].load().points, values[7])
    np.testing.assert_array_equal(read_cloud("set.npy::[7]").points, values[7])
    np.testing.assert_array_equal(read_cloud("set.npy::[-1]").points, values[10])


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(save) -> None:
    a, b = np.ones((2, 3)), np.full((5, 3), 2, np.int16)
    save("set.npz", b=b, a=a, labels=np.arange(5), text=np.array(["x"]))
    first, second = find_clouds(["set.npz"])
    assert (first.name, first.path, first.count(), second.name, second.count()) == ("b", "set.npz::b", 5, "a", 2)
    assert first.load().dropped == ("labels", "text")
    np.testing.assert_array_equal(first.load().points, b)
    assert first.load().points.dtype == np.float64
    assert names("set.npz::a") == ["a"]
    save("one.npz", points=a)
    assert names("one.npz") == ["one"]
    save("many.npz", clouds=np.arange(24.0).reshape(2, 4, 3), ids=np.arange(2))
    found = find_clouds(["many.npz"])
    assert [s.path for s in found] == ["many.npz::clouds[0]", "many.npz::clouds[1]"]
    assert [s.load().points[0, 0] for s in found] == [0, 12]
    assert found[0].count() == 4


def test_hdf5() -> None:
    with h5py.File("set.h5", "w") as h5:
        h5["/train/b10"] = np.full((2, 3), 10, np.float32)
        h5["/train/b9"] = np.full((4, 3), 9, np.float64)
        h5["/train/labels"] = np.arange(3)
        h5["/test"] = np.arange(24.0).reshape(2, 4, 3)
    with pytest.raises(CloudError) as caught:
        find_clouds(["set.h5"])
    assert str(caught.value) == (
        "set.h5: more than one of its datasets could be the clouds: "
        "/test (2, 4, 3), /train/b10 (2, 3), /train/b9 (4, 3)"
    )
    assert caught.value.hint == "choose one, for example set.h5::/test"
    found = find_clouds(["set.h5::/train"])
    assert [(s.name, s.path, s.count()) for s in found] == [
        ("train/b9", "set.h5::/train/b9", 4),
        ("train/b10", "set.h5::/train/b10", 2),
    ]
    cloud = found[0].load()
    assert (cloud.points.dtype, cloud.points[0, 0], cloud.dropped) == (np.float64, 9, ("/train/labels",))
    assert [s.load().points[0, 0] for s in find_clouds(["set.h5::/test"])] == [0, 12]
    assert names("set.h5::/test") == ["0", "1"]
    assert read_cloud("set.h5::/test[1]").points[0, 0] == 12
    assert read_cloud("set.h5::train/b10").points[0, 0] == 10
    with pytest.raises(CloudError, match=r"set.h5: holds no '/valid'$") as caught:
        find_clouds(["set.h5::/valid"])
    assert caught.value.hint == "it holds test, train"


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


def test_unknown_suffixes_are_told_by_content() -> None:
    for suffix in ("ply", "npy", "npz", "h5", "xyz"):
        put(Path(f"cloud.{suffix}"), 4).rename("cloud.dat")
        assert read_cloud("cloud.dat").points[0, 0] == 4
        assert names("cloud.dat") == ["cloud"]


@pytest.mark.parametrize("suffix", ["ply", "npy", "npz", "h5", "xyz"])
def test_stdin_and_pipes(monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    data = put(Path(f"a.{suffix}"), 6).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
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


def test_file_names_that_are_not_utf8() -> None:
    put(Path("set/a.ply")).rename(Path("set") / os.fsdecode(b"\xff1.ply"))
    assert names("set") == ["\ufffd1"]
    assert find_clouds(["set"])[0].load().points.shape == (2, 3)
