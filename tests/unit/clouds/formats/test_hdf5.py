"""HDF5: datasets and groups of clouds."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from qaadcodec.clouds import find_clouds, read_cloud
from qaadcodec.clouds.formats.hdf5 import Hdf5File
from qaadcodec.errors import CloudError


def names(*inputs: str | Path) -> list[str]:
    return [source.name for source in find_clouds(inputs)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


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
        "/test (2, 4, 3), /train/b9 (4, 3), /train/b10 (2, 3)"
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


@pytest.mark.parametrize("chunks", [None, (64, 8, 3), (7, 20, 1), (1, 20, 3)])
def test_any_storage_layout_gives_the_same_clouds(chunks: tuple[int, ...] | None) -> None:
    values = np.arange(70 * 20 * 3, dtype=np.float32).reshape(70, 20, 3)
    with h5py.File("set.h5", "w") as h5:
        h5.create_dataset("a", data=values, chunks=chunks, compression="gzip" if chunks else None)
    found = find_clouds(["set.h5"])
    np.testing.assert_array_equal([source.load().points for source in found], values)
    np.testing.assert_array_equal(found[5].load().points, values[5])
    np.testing.assert_array_equal(read_cloud("set.h5::a[65]").points, values[65])


def test_clouds_that_share_chunks_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    with h5py.File("set.h5", "w") as h5:
        h5.create_dataset("a", data=np.zeros((200, 20, 3), np.float32), chunks=(50, 5, 3))
    asked = []
    read = Hdf5File.read

    def counted(self: Hdf5File, key: str, index: tuple[slice, ...]) -> object:
        asked.append(index[0])
        return read(self, key, index)

    monkeypatch.setattr(Hdf5File, "read", counted)
    for source in find_clouds(["set.h5"]):
        source.load()
    assert asked == [slice(i, i + 50) for i in (0, 50, 100, 150)]
    asked.clear()
    found = find_clouds(["set.h5"])
    for i in (60, 3, 60):
        found[i].load()
    assert asked == [slice(60, 61), slice(3, 4), slice(60, 61)]


def test_a_dataset_under_two_names_is_one_cloud() -> None:
    with h5py.File("set.h5", "w") as h5:
        h5["a"] = np.ones((4, 3))
        h5["g/again"] = h5["a"]
        h5["g/root"] = h5["/"]
    assert names("set.h5") == ["set"]


def test_types_that_numpy_does_not_have_are_left_out() -> None:
    with h5py.File("set.h5", "w") as h5:
        h5["a"] = np.ones((4, 3))
        h5["when"] = np.zeros(3, "i8")
        time = h5py.h5t.UNIX_D64LE
        h5py.h5d.create(h5.id, b"odd", time, h5py.h5s.create_simple((4, 3)))
    (source,) = find_clouds(["set.h5"])
    assert source.load().dropped == ("/odd", "/when")
