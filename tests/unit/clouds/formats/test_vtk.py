"""VTK and VTP files, in all the ways that VTK writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixtures.foreign import ball, by_vtk, polydata

from qaadcodec.clouds import find_clouds, read_cloud
from qaadcodec.errors import CloudError

POINTS, TRIANGLES = ball()


@pytest.mark.parametrize("version", [42, 51])
@pytest.mark.parametrize("kind", ["SetFileTypeToASCII", "SetFileTypeToBinary"])
def test_legacy_files(version: int, kind: str, tmp_path: Path) -> None:
    by_vtk(tmp_path / "a.vtk", POINTS, TRIANGLES, SetFileVersion=(version,), **{kind: ()})
    check(tmp_path / "a.vtk")


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("header", ["SetHeaderTypeToUInt32", "SetHeaderTypeToUInt64"])
@pytest.mark.parametrize("compressor", ["None", "ZLib", "LZMA"])
@pytest.mark.parametrize("mode", ["Ascii", "Binary", "Appended", "Raw"])
def test_xml_files(mode: str, compressor: str, header: str, big: bool, tmp_path: Path) -> None:
    settings = {
        f"SetCompressorTypeTo{compressor}": (),
        header: (),
        f"SetDataModeTo{'Appended' if mode == 'Raw' else mode}": (),
        "SetEncodeAppendedData": (mode != "Raw",),
        "SetByteOrderToBigEndian" if big else "SetByteOrderToLittleEndian": (),
        "SetBlockSize": (960,),
    }
    by_vtk(tmp_path / "a.vtp", POINTS, TRIANGLES, **settings)
    check(tmp_path / "a.vtp")


def check(path: Path) -> None:
    """That a file has all points, and the faces."""
    cloud = read_cloud(path)
    assert cloud.points.dtype == np.float64
    np.testing.assert_allclose(cloud.points, POINTS, rtol=0, atol=1e-6)  # text has six digits
    assert cloud.dropped == ("faces", "attributes")
    (source,) = find_clouds([path])
    contents = source.format.read(source.place)  # type: ignore[union-attr,misc]
    assert contents.triangles is not None
    np.testing.assert_array_equal(contents.triangles(), TRIANGLES)


def test_lz4_is_refused_with_what_to_do(tmp_path: Path) -> None:
    by_vtk(tmp_path / "a.vtp", POINTS, TRIANGLES, SetCompressorTypeToLZ4=())
    with pytest.raises(
        CloudError, match=r"a\.vtp: is packed by 'vtkLZ4DataCompressor', which qaad does not read$"
    ) as e:
        read_cloud(tmp_path / "a.vtp")
    assert e.value.hint == "save it again without LZ4: in ParaView, Compressor Type ZLib or None"


def test_single_precision_and_strips(tmp_path: Path) -> None:
    from vtkmodules.vtkFiltersCore import vtkStripper
    from vtkmodules.vtkIOLegacy import vtkPolyDataWriter
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    stripper = vtkStripper()
    stripper.SetInputData(polydata(POINTS, TRIANGLES, single=True))
    for name, writer in (("a.vtk", vtkPolyDataWriter()), ("a.vtp", vtkXMLPolyDataWriter())):
        writer.SetInputConnection(stripper.GetOutputPort())
        writer.SetFileName(str(tmp_path / name))
        writer.Write()
        (source,) = find_clouds([tmp_path / name])
        contents = source.format.read(source.place)  # type: ignore[union-attr,misc]
        assert contents.values.dtype.itemsize == 4
        assert contents.triangles is not None
        found = np.sort(contents.triangles(), axis=1)
        wanted = np.sort(TRIANGLES, axis=1)
        assert set(map(tuple, found.tolist())) == set(map(tuple, wanted.tolist()))
        corners = POINTS[contents.triangles()]
        outwards = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        middle = corners.mean(axis=1) - POINTS.mean(axis=0)
        assert (np.einsum("ij,ij->i", outwards, middle) > 0).all()  # strips keep their orientation


def test_the_points_of_grids(tmp_path: Path) -> None:
    from vtkmodules.vtkCommonDataModel import vtkUnstructuredGrid
    from vtkmodules.vtkIOLegacy import vtkUnstructuredGridWriter

    grid = vtkUnstructuredGrid()
    grid.SetPoints(polydata(POINTS, TRIANGLES).GetPoints())
    writer = vtkUnstructuredGridWriter()
    writer.SetInputData(grid)
    writer.SetFileName(str(tmp_path / "a.vtk"))
    writer.Write()
    cloud = read_cloud(tmp_path / "a.vtk")
    np.testing.assert_allclose(cloud.points, POINTS, rtol=0, atol=1e-6)
    assert not cloud.has_faces
