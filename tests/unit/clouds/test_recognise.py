"""Which format a file is of: by suffix, by content."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import WRITTEN, find_clouds, format_of, read_cloud, write_cloud
from qaadcodec.errors import CloudError, UsageError


def test_unknown_suffixes_are_told_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for suffix in WRITTEN:
        write_cloud(Path("cloud.dat"), np.full((2, 3), 4.0), suffix, overwrite=True)
        assert read_cloud("cloud.dat").points[0, 0] == 4
        assert [s.name for s in find_clouds(["cloud.dat"])] == ["cloud"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("a.STEP", "mesh it first: gmsh FILE -2 -o OUT.stl"),
        ("a.ptx.bin", None),
        ("a.fbx", "convert it first: CloudCompare -SILENT -O FILE -C_EXPORT_FMT PLY -SAVE_CLOUDS"),
        ("a.vtu", "in ParaView, Extract Surface and save it as .vtp"),
    ],
)
def test_what_is_not_read_is_refused_with_what_converts_it(name: str, hint: str | None, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\1\2\3 and so on")
    with pytest.raises(CloudError) as caught:
        find_clouds([tmp_path / name])
    if hint:
        assert str(caught.value) == f"{tmp_path / name}: qaad does not read {Path(name).suffix.lower()} files"
        assert caught.value.hint == hint
    else:
        assert str(caught.value.hint).startswith("it reads ply, ")


def test_formats_of_suffixes() -> None:
    assert [
        format_of(f"x/a.{s}") for s in ("ply", "NPY", "npz", "h5", "hdf5", "xyz", "txt", "csv", "off", "vtp", "laz")
    ] == [*("ply", "npy", "npz", "h5", "h5", "xyz", "xyz", "xyz", "off", "vtp", "laz")]
    for path, message in [
        ("a.mesh", "no cloud format has the suffix '.mesh' of a.mesh"),
        ("a", "a has no suffix"),
        ("a.stl", "a.stl: stl files are read and not written"),
    ]:
        with pytest.raises(UsageError) as caught:
            format_of(path)
        assert str(caught.value) == message
        assert (
            caught.value.hint
            == "name it with one of .ply .npy .npz .h5 .hdf5 .xyz .off .vtp .obj .las .laz, or give --format"
        )
