"""PLY files: the vertices of any of them are read, and plain ones are written.

plyfile parses them. It is imported, with the modules that use it, when a PLY is read; writing needs no library.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from qaadcodec.clouds.cloud import Points, Unit
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.opening import Place

if TYPE_CHECKING:
    from qaadcodec.clouds.formats.ply_header import Header

_PROPERTIES = {
    **dict.fromkeys(("nx", "ny", "nz", "normal_x", "normal_y", "normal_z"), "normals"),
    **dict.fromkeys(("red", "green", "blue", "alpha", "r", "g", "b", "a"), "colours"),
    **dict.fromkeys(("diffuse_red", "diffuse_green", "diffuse_blue"), "colours"),
    **dict.fromkeys(("s", "t", "u", "v", "texture_u", "texture_v"), "texture coordinates"),
}
_ELEMENTS = {"face": "faces", "edge": "edges", "tristrips": "triangle strips", "material": "materials"}


def read(place: Place) -> Contents:
    """The vertices, (M, 3), not checked for NaN, and the names of what else the file has.

    Coordinates keep the type that the file declares, with an exception for text: see `read_vertices`. Of what follows
    the vertices only the size is looked at; its faces are read when points are to be drawn from them.

    Raises:
        CloudError: the file is no PLY, has no vertices, has less or more than its header declares, or has text where
            numbers should be.
    """
    from qaadcodec.clouds.formats.ply_faces import face_element, read_faces
    from qaadcodec.clouds.formats.ply_header import read_header
    from qaadcodec.clouds.formats.ply_vertices import read_vertices

    with place.opened() as stream:
        header = read_header(stream, place.label)
        points, doubts = read_vertices(stream, header, place.label)
    triangles = None if face_element(header) is None else partial(read_faces, place)
    return Contents(points, _dropped(header), doubts, triangles=triangles)


def count(place: Place) -> int:
    """How many vertices the header declares, once it is clear that the file is long enough for them."""
    from qaadcodec.clouds.formats.ply_header import read_header

    with place.opened() as stream:
        return read_header(stream, place.label).vertex.count


def write_one(stream: BinaryIO, points: Points) -> None:
    """Write (M, 3) points as binary little-endian PLY: `float` from float32, `double` from float64."""
    kind = "float" if points.dtype == np.float32 else "double"
    axes = "".join(f"property {kind} {axis}\n" for axis in "xyz")
    header = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(points)}\n{axes}end_header\n"
    stream.write(header.encode("ascii"))
    stream.write(np.ascontiguousarray(points, points.dtype.newbyteorder("<")).data)


def _dropped(header: Header) -> tuple[str, ...]:
    from qaadcodec.clouds.formats.ply_header import AGAIN

    properties = [p.name.partition(AGAIN)[0] for p in header.vertex.properties if p.name not in header.axes]
    names = [_PROPERTIES.get(name.lower(), name) for name in properties]
    names += [_ELEMENTS.get(e.name, e.name) for e in header.elements if e is not header.vertex and e.count]
    return tuple(dict.fromkeys(names))


FORMAT = CloudFormat(
    name="ply",
    suffixes=(".ply",),
    signatures=(b"ply\n", b"ply\r", b"\xef\xbb\xbfply\n", b"\xef\xbb\xbfply\r"),
    unit=Unit("vertex", "vertices"),
    count=count,
    read=read,
    write_one=write_one,
)
