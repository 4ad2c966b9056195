"""Formats for other programs: what is in the files, and that the programs' own libraries read them."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import WRITTEN, write_cloud
from qaadcodec.clouds.writers.las import scale_and_offset
from qaadcodec.clouds.written import WRITABLE
from qaadcodec.errors import EnvironmentFailure, UsageError

CLOUD = np.random.default_rng(0).normal(size=(1000, 3)).astype(np.float32)
UTM = np.random.default_rng(1).normal(500_000.123, 10, (1000, 3))
OURS = ("vtp", "obj", "las", "laz")
NEEDS = {"las": ("laspy",), "laz": ("laspy", "lazrs")}


def written(format: str, points: np.ndarray) -> bytes:
    for library in NEEDS.get(format, ()):
        pytest.importorskip(library)
    stream = io.BytesIO()
    write_cloud(stream, points, format)
    return stream.getvalue()


def test_the_formats_in_their_order() -> None:
    assert tuple(name for name in WRITTEN if name in OURS) == OURS
    assert all(WRITABLE[name].suffixes[0] == f".{name}" for name in OURS)


def test_a_vtp_has_a_vertex_cell_for_each_point() -> None:
    for points, kind in ((CLOUD, "Float32"), (UTM, "Float64")):
        data = written("vtp", points)
        head, _, arrays = data.partition(b'<AppendedData encoding="raw">\n_')
        assert b'NumberOfPoints="1000" NumberOfVerts="1000"' in head
        assert f'<DataArray type="{kind}" Name="Points" NumberOfComponents="3"'.encode() in head
        values = []
        for offset in map(int, re.findall(rb'offset="(\d+)"', head)):
            size = int.from_bytes(arrays[offset : offset + 8], "little")
            values.append(arrays[offset + 8 : offset + 8 + size])
        assert values[0] == points.tobytes()
        np.testing.assert_array_equal(np.frombuffer(values[1], "<i4"), np.arange(1000))
        np.testing.assert_array_equal(np.frombuffer(values[2], "<i4"), np.arange(1, 1001))
        assert arrays.endswith(values[2] + b"\n</AppendedData>\n</VTKFile>\n")


def test_vtk_reads_vtp_and_obj(tmp_path: Path) -> None:
    vtk = pytest.importorskip("vtk")
    support = pytest.importorskip("vtk.util.numpy_support")
    for format, reader in (("vtp", vtk.vtkXMLPolyDataReader()), ("obj", vtk.vtkOBJReader())):
        write_cloud(tmp_path / f"a.{format}", CLOUD, format)
        reader.SetFileName(str(tmp_path / f"a.{format}"))
        reader.Update()
        data = reader.GetOutput()
        counts = (data.GetNumberOfPoints(), data.GetNumberOfVerts(), data.GetNumberOfCells())
        assert counts == (1000, 1000, 1000)
        np.testing.assert_array_equal(support.vtk_to_numpy(data.GetPoints().GetData()).astype(np.float32), CLOUD)


def test_trimesh_reads_obj() -> None:
    trimesh = pytest.importorskip("trimesh")
    loaded = trimesh.load(io.BytesIO(written("obj", CLOUD)), file_type="obj", process=False)
    found = loaded.vertices if hasattr(loaded, "vertices") else next(iter(loaded.geometry.values())).vertices
    np.testing.assert_array_equal(np.asarray(found).astype(np.float32), CLOUD)


def test_the_text_of_an_obj() -> None:
    assert written("obj", np.array([[1, 0.1, -2e-9], [3, 4, 5]], np.float32)) == (
        b"v 1 0.100000001 -1.99999994e-09\nv 3 4 5\np 1\np 2\n"
    )
    values = np.loadtxt(io.BytesIO(written("obj", UTM)), usecols=(1, 2, 3), max_rows=1000)
    np.testing.assert_array_equal(values, UTM)


@pytest.mark.parametrize("format", ["las", "laz"])
@pytest.mark.parametrize("points", [CLOUD, UTM, np.full((2, 3), 7.25), CLOUD * np.float32(1e-20)])
def test_laspy_reads_las_and_laz(format: str, points: np.ndarray) -> None:
    data = written(format, points)
    laspy = pytest.importorskip("laspy")
    back = laspy.read(io.BytesIO(data))
    assert (str(back.header.version), back.header.point_format.id, len(back)) == ("1.2", 0, len(points))
    side = float(np.ptp(points.astype(np.float64), axis=0).max())
    # Half a step, and what float64 loses at the size of the coordinates.
    bound = side * 2.0**-27 + 2 * np.spacing(np.abs(points).max().astype(np.float64))
    assert np.abs(back.xyz - points).max() <= bound
    np.testing.assert_allclose(back.header.mins, points.min(0), atol=bound)
    if points.dtype == np.float32:
        near = np.abs(points) >= np.abs(points).max() / 4
        np.testing.assert_array_equal(back.xyz.astype(np.float32)[near], points[near])


def test_the_scale_of_las() -> None:
    scale, offset = scale_and_offset(np.array([[0, 0, 0], [1, 3, 2]], np.float32))
    assert (scale, offset.tolist()) == (2.0**-25, [0.5, 1.5, 1])
    assert 2**26 <= 3 / scale < 2**27
    assert scale_and_offset(np.array([[0, 0, 0], [4, 3, 2.0]]))[0] == 2.0**-24
    assert scale_and_offset(np.ones((3, 3)))[0] == 1


@pytest.mark.parametrize("format", OURS)
def test_the_same_cloud_gives_the_same_bytes_to_a_file_and_to_a_pipe(tmp_path: Path, format: str) -> None:
    data = written(format, CLOUD)
    write_cloud(tmp_path / "a", CLOUD, format)
    assert (tmp_path / "a").read_bytes() == data == written(format, CLOUD)
    assert WRITABLE[format].is_text == (b"\0" not in data)


@pytest.mark.parametrize("format", ["las", "laz"])
def test_without_its_library_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    monkeypatch.setitem(sys.modules, "laspy", None)
    with pytest.raises(EnvironmentFailure) as caught:
        write_cloud(tmp_path / "a", CLOUD, format)
    assert str(caught.value) == f"{format} files are written by laspy, which is not installed"
    assert caught.value.hint == "pip install 'qaadcodec[formats]'"
    assert list(tmp_path.iterdir()) == []


def test_one_cloud_a_file() -> None:
    with pytest.raises(UsageError, match=r"^a vtp file holds one cloud, and 0, 1 and so on are several$"):
        write_cloud(io.BytesIO(), CLOUD.reshape(2, 500, 3), "vtp")
