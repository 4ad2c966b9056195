"""Which format a file is of: by suffix, by content."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import FORMATS, find_clouds, format_of, read_cloud, write_cloud
from qaadcodec.errors import UsageError


def test_unknown_suffixes_are_told_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for suffix in FORMATS:
        write_cloud(Path("cloud.dat"), np.full((2, 3), 4.0), suffix, overwrite=True)
        assert read_cloud("cloud.dat").points[0, 0] == 4
        assert [s.name for s in find_clouds(["cloud.dat"])] == ["cloud"]


def test_formats_of_suffixes() -> None:
    assert [format_of(f"x/a.{s}") for s in ("ply", "NPY", "npz", "h5", "hdf5", "xyz", "txt", "csv", "off")] == [
        *("ply", "npy", "npz", "h5", "h5", "xyz", "xyz", "xyz", "off")
    ]
    for path, message in [
        ("a.mesh", "no cloud format has the suffix '.mesh' of a.mesh"),
        ("a", "a has no suffix"),
        ("a.stl", "a.stl: stl files are read and not written"),
    ]:
        with pytest.raises(UsageError) as caught:
            format_of(path)
        assert str(caught.value) == message
        assert caught.value.hint == "name it with one of .ply .npy .npz .h5 .hdf5 .xyz .off, or give --format"
