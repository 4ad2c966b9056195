"""Faces of PLY and OFF files: polygons of any length, in any layout."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds
from qaadcodec.clouds.formats.off import read as read_off
from qaadcodec.clouds.formats.ply import read as read_ply
from qaadcodec.clouds.opening import Place
from qaadcodec.errors import CloudError

CORNERS = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [2, 2, 0]]
POLYGONS = [[0, 1, 2, 3], [2, 1, 4], [0, 1, 2], [3, 2, 1, 4, 0]]
TRIANGLES = [[0, 1, 2], [0, 2, 3], [2, 1, 4], [0, 1, 2], [3, 2, 1], [3, 1, 4], [3, 4, 0]]


def ply(form: str, polygons: list[list[int]], *, flags: bool, before: bool) -> bytes:
    """A PLY of polygons, with a property and a list around their corners or without, before or behind the vertices."""
    code = ">" if form == "binary_big_endian" else "<"
    vertex = f"element vertex {len(CORNERS)}\n" + "".join(f"property float {axis}\n" for axis in "xyz")
    around = ["property list uchar float texcoord\n", "property uchar flags\n"] if flags else ["", ""]
    face = f"element face {len(polygons)}\n{around[0]}property list uchar int vertex_indices\n{around[1]}"
    header = "".join(["ply\n", f"format {form} 1.0\n", *((face, vertex) if before else (vertex, face)), "end_header\n"])
    if form == "ascii":
        points = "".join(f"{x} {y} {z}\n" for x, y, z in CORNERS)
        rows = [f"{'2 0.5 0.5 ' * flags}{len(p)} {' '.join(map(str, p))}{' 7' * flags}\n" for p in polygons]
        parts = [points.encode(), "".join(rows).encode()]
    else:
        points_ = b"".join(struct.pack(f"{code}3f", *corner) for corner in CORNERS)
        list_ = struct.pack(f"{code}B2f", 2, 0.5, 0.5) if flags else b""
        faces = [list_ + struct.pack(f"{code}B{len(p)}i", len(p), *p) + b"\7" * flags for p in polygons]
        parts = [points_, b"".join(faces)]
    return header.encode() + b"".join(reversed(parts) if before else parts)


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("flags", [False, True])
@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_polygons_are_read_as_triangles(form: str, flags: bool, before: bool) -> None:
    for polygons, expected in ((POLYGONS, TRIANGLES), ([[0, 1, 2], [2, 1, 4]], [[0, 1, 2], [2, 1, 4]])):
        contents = read_ply(Place(ply(form, polygons, flags=flags, before=before), "a.ply"))
        assert contents.triangles is not None
        assert contents.triangles().tolist() == expected
        np.testing.assert_array_equal(contents.values, CORNERS)


def test_faces_that_cannot_be_drawn_from_do_not_matter_where_vertices_are_taken(tmp_path: Path) -> None:
    for name, data in {
        "a.ply": ply("ascii", [[0, 1, 5]], flags=False, before=False),
        "b.ply": ply("binary_little_endian", [[0, 1, 2], [0, -1, 2]], flags=False, before=False),
        "c.off": b"OFF\n3 2 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n3 0 1 7 255 0 0\n",
        "d.off": b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n4 0 1 2\n",
        "e.off": b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 one 2\n",
        "f.off": b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 9223372036854775808 2\n",
        "g.off": b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n9223372036854775808 0 1 2\n",
    }.items():
        (tmp_path / name).write_bytes(data)
    messages = []
    for source in find_clouds([tmp_path]):
        assert len(source.load().points) >= 3
        with pytest.raises(CloudError) as caught:
            source.on_surface(9, 0).load()
        assert caught.value.hint == "--sample vertices takes its vertices, without its faces"
        messages.append(str(caught.value).replace(f"{tmp_path}/", ""))
    assert messages == [
        "a.ply: face 0 names vertex 5, and there are 0 to 4",
        "b.ply: face 1 names vertex -1, and there are 0 to 4",
        "c.off: face 1 (line 7) names vertex 7, and there are 0 to 2",
        "d.off: face 0 (line 6) counts 4 corners and has 3",
        "e.off: face 0 (line 6): '3 0 one 2' is no face",
        "f.off: face 0 (line 6): '3 0 9223372036854775808 2' is no face",
        "g.off: face 0 (line 6) counts 9223372036854775808 corners and has 3",
    ]


def test_off_with_colours_behind_its_faces() -> None:
    text = b"OFF\n4 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3 255 0 0\n3 0 1 2\n"
    contents = read_off(Place(text, "a.off"))
    assert contents.triangles is not None
    assert contents.triangles().tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 2]]


def test_without_faces_nothing_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "a.off").write_bytes(b"OFF\n2 0 0\n0 0 0\n1 0 0\n")
    cloud = find_clouds([tmp_path / "a.off"])[0].on_surface(9, 0).load()
    assert (len(cloud.points), cloud.has_faces, cloud.drawn) == (2, False, False)
