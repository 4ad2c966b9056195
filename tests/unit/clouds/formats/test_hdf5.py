"""HDF5: datasets and groups of clouds."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from qaadcodec.clouds import find_clouds, read_cloud
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
