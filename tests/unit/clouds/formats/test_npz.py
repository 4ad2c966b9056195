"""NPZ: which arrays are clouds, and how often a compressed set is inflated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds
from qaadcodec.clouds.formats.npz import NpzFile
from qaadcodec.errors import CloudError


def names(*inputs: str | Path) -> list[str]:
    return [source.name for source in find_clouds(inputs)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


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


def test_the_slices_of_a_compressed_set_are_inflated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    inflated = []
    inflate = NpzFile._inflate
    monkeypatch.setattr(NpzFile, "_inflate", lambda self, key: inflated.append(key) or inflate(self, key))
    for factor in (1.0, 2.0):  # the second file replaces the first, under the same name and of the same size
        np.savez_compressed("set.npz", clouds=factor * np.arange(36.0).reshape(3, 4, 3))
        loaded = [source.load().points[0, 0] for source in find_clouds(["set.npz"])]
        assert loaded == [0, factor * 12, factor * 24]
    assert inflated == ["clouds", "clouds"]


def test_a_folder_of_arrays_can_be_chosen() -> None:
    arrays = {"train/a": np.ones((2, 3)), "train/b": np.ones((2, 3)), "test/c": np.ones((2, 3)), "train": np.ones(4)}
    np.savez("set.npz", **arrays)
    assert names("set.npz::train/") == ["train/a", "train/b"]
    assert names("set.npz::test") == ["set"] or names("set.npz::test") == ["test/c"]
    with pytest.raises(
        CloudError, match=r"^set\.npz: array train: has the shape \(4,\), and a cloud is \(points, 3\)$"
    ):
        find_clouds(["set.npz::train"])
    assert find_clouds(["set.npz"])[0].load().dropped == ("train",)


def test_the_directory_of_many_arrays_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez("set.npz", **{f"k{i}": np.full((4, 3), i, np.float32) for i in range(300)}, note=np.zeros(7))
    opened = []
    init = NpzFile.__init__
    monkeypatch.setattr(NpzFile, "__init__", lambda self, place: opened.append(place.label) or init(self, place))
    found = find_clouds(["set.npz"])
    assert [source.load().points[0, 0] for source in found] == list(range(300))
    assert opened == ["set.npz", "set.npz"]  # to list them and to read them
    assert found[7].load().points[0, 0] == 7


def test_clouds_outlive_their_file_and_are_their_own() -> None:
    np.savez("set.npz", clouds=np.zeros((3, 4, 3)))
    found = find_clouds(["set.npz"])
    first = found[0].load().points
    first += 1
    assert [source.load().points.max() for source in found] == [0, 0, 0]
    assert first.min() == 1
