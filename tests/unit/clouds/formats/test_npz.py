"""NPZ: which arrays are clouds, and how often a compressed set is inflated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds
from qaadcodec.clouds.formats import npz


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
    inflate = npz._inflate
    monkeypatch.setattr(npz, "_inflate", lambda place: inflated.append(place.key) or inflate(place))
    for factor in (1.0, 2.0):  # the second file replaces the first, under the same name and of the same size
        np.savez_compressed("set.npz", clouds=factor * np.arange(36.0).reshape(3, 4, 3))
        loaded = [source.load().points[0, 0] for source in find_clouds(["set.npz"])]
        assert loaded == [0, factor * 12, factor * 24]
    assert inflated == ["clouds", "clouds"]
