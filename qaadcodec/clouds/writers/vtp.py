"""VTP, the polygonal data of VTK, with a vertex cell for each point: ParaView and 3D Slicer show cells, not points.

The layout is that of VTK's file formats, https://docs.vtk.org/en/latest/design_documents/VTKFileFormats.html: XML that
describes the arrays, and the arrays behind it, raw, each behind its size in bytes.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from qaadcodec.clouds.cloud import Points

_HEADER = """<?xml version="1.0"?>
<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" header_type="UInt64">
<PolyData>
<Piece NumberOfPoints="{n}" NumberOfVerts="{n}" NumberOfLines="0" NumberOfStrips="0" NumberOfPolys="0">
<Points>
<DataArray type="{float}" Name="Points" NumberOfComponents="3" format="appended" offset="0"/>
</Points>
<Verts>
<DataArray type="Int32" Name="connectivity" format="appended" offset="{connectivity}"/>
<DataArray type="Int32" Name="offsets" format="appended" offset="{offsets}"/>
</Verts>
</Piece>
</PolyData>
<AppendedData encoding="raw">
_"""
_END = b"\n</AppendedData>\n</VTKFile>\n"
_SIZE = 8  # bytes of the number in front of an array


def write_one(stream: BinaryIO, points: Points) -> None:
    """Write (M, 3) points, float32 or float64, and a vertex cell of each."""
    n = len(points)
    cells = np.arange(n, dtype="<i4")
    arrays = (points, cells, cells + np.int32(1))  # a cell ends where the next begins
    behind_points = _SIZE + points.nbytes
    header = _HEADER.format(
        n=n,
        float="Float32" if points.dtype == np.float32 else "Float64",
        connectivity=behind_points,
        offsets=behind_points + _SIZE + cells.nbytes,
    )
    stream.write(header.encode("ascii"))
    for array in arrays:
        stream.write(array.nbytes.to_bytes(_SIZE, "little"))
        stream.write(array.tobytes())
    stream.write(_END)
