"""PLY: every way to write one down gives the same points."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from plyfile import PlyData, PlyElement

from qaadcodec.clouds import find_clouds, read_cloud, write_cloud
from qaadcodec.errors import CloudError

POINTS = np.array([[0.1, -2.5, 3e-7], [1e6, 0.25, -0.0], [7, 8, 9], [-1.5, 2.25, 1 / 3]])


@dataclass(frozen=True)
class Layout:
    """What is special about a PLY: `extra` scalar properties, declared as (type, name), come before x and hold 1."""

    kind: str = "float"
    newline: str = "\n"
    extra: tuple[tuple[str, str], ...] = ()
    before: str = ""
    after: str = ""
    head: bytes = b""
    tail: bytes = b""


def ply(path: Path, points: np.ndarray, form: str, layout: Layout = Layout()) -> Path:
    """A PLY written by hand."""
    kind, newline, extra = layout.kind, layout.newline, layout.extra
    lines = ["ply", f"format {form} 1.0", "comment made by hand", *layout.before.split("|")]
    lines += [f"element vertex {len(points)}", *(f"property {t} {n}" for t, n in extra)]
    lines += [f"property {kind} {axis}" for axis in "xyz"] + [*layout.after.split("|"), "end_header"]
    header = newline.join(line for line in lines if line) + newline
    if form == "ascii":
        rows = [" ".join(["1"] * len(extra) + [repr(float(x)) for x in row]) + newline for row in points]
        data = "".join(rows).encode()
    else:
        codes = {"uchar": "B", "float": "f", "double": "d", "int": "i", "short": "h"}
        code = ("<" if "little" in form else ">") + "".join(codes[t] for t, _ in extra) + codes[kind] * 3
        cast = float if kind in ("float", "double") else int
        data = b"".join(struct.pack(code, *[1] * len(extra), *map(cast, row)) for row in points)
    path.write_bytes(header.encode() + layout.head + data + layout.tail)
    return path


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("kind", "dtype"), [("float", np.float32), ("double", np.float64)])
def test_encodings_line_ends_and_types(tmp_path: Path, form: str, newline: str, kind: str, dtype: type) -> None:
    path = ply(tmp_path / "a.ply", POINTS, form, Layout(kind=kind, newline=newline))
    cloud = read_cloud(path)
    assert cloud.points.dtype == dtype
    assert cloud.points.dtype.isnative
    np.testing.assert_array_equal(cloud.points, POINTS.astype(dtype))
    assert (cloud.name, cloud.dropped, len(cloud)) == ("a", (), 4)
    assert find_clouds([path])[0].count() == 4


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_whole_numbers_become_float64(tmp_path: Path, form: str) -> None:
    points = np.array([[1, -2, 3], [2**30 + 1, 0, 7]])
    cloud = read_cloud(ply(tmp_path / "a.ply", points, form, Layout(kind="int")))
    assert cloud.points.dtype == np.float64
    np.testing.assert_array_equal(cloud.points, points)


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_other_properties_and_elements_are_skipped_and_named(tmp_path: Path, form: str) -> None:
    extra = (("uchar", "red"), ("uchar", "green"), ("double", "nx"), ("short", "quality"))
    path = ply(
        tmp_path / "a.ply",
        POINTS,
        form,
        Layout(
            extra=extra,
            after="element face 1|property list uchar int vertex_indices|element edge 0|property int v",
            tail=b"3 0 1 2\n" if form == "ascii" else struct.pack("<B3i" if "little" in form else ">B3i", 3, 0, 1, 2),
        ),
    )
    cloud = read_cloud(path)
    np.testing.assert_array_equal(cloud.points, POINTS.astype(np.float32))
    assert cloud.dropped == ("colours", "normals", "quality", "faces")


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_elements_before_the_vertices(tmp_path: Path, form: str) -> None:
    if form == "ascii":
        head = b"2 5 6\n0\n9\n"
    else:
        head = struct.pack("<BiiBi" if "little" in form else ">BiiBi", 2, 5, 6, 0, 9)
    before = "element face 2|property list uchar int vertex_indices|element camera 1|property int id"
    cloud = read_cloud(ply(tmp_path / "a.ply", POINTS, form, Layout(before=before, head=head)))
    np.testing.assert_array_equal(cloud.points, POINTS.astype(np.float32))
    assert cloud.dropped == ("faces", "camera")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_written_is_a_ply_to_plyfile_too(tmp_path: Path, dtype: type) -> None:
    points = np.random.default_rng(0).normal(size=(50, 3)).astype(dtype)
    write_cloud(tmp_path / "a.ply", points, "ply")
    other = PlyData.read(tmp_path / "a.ply")
    vertices = other["vertex"]
    np.testing.assert_array_equal(np.stack([vertices[axis] for axis in "xyz"], axis=1), points)
    assert vertices["x"].dtype == dtype
    assert (other.text, other.byte_order) == (False, "<")
    np.testing.assert_array_equal(read_cloud(tmp_path / "a.ply").points, points)


def test_the_bytes_of_a_ply() -> None:
    stream = io.BytesIO()
    write_cloud(stream, np.array([[1, 2, 3]], np.float32), "ply")
    assert stream.getvalue() == (
        b"ply\nformat binary_little_endian 1.0\nelement vertex 1\n"
        b"property float x\nproperty float y\nproperty float z\nend_header\n" + struct.pack("<3f", 1, 2, 3)
    )


UTM = np.array([[500000.123, 5400000.456, 123.789], [500010.124, 5400000.457, 123.790]])


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_utm_coordinates_keep_their_millimetres(tmp_path: Path, form: str) -> None:
    cloud = read_cloud(ply(tmp_path / "a.ply", UTM, form, Layout(kind="double")))
    np.testing.assert_array_equal(cloud.points, UTM)


def test_ascii_text_that_says_float_but_has_more_digits_is_kept(tmp_path: Path) -> None:
    cloud = read_cloud(ply(tmp_path / "a.ply", UTM, "ascii", Layout(kind="float")))
    assert cloud.points.dtype == np.float64
    np.testing.assert_array_equal(cloud.points, UTM)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_numbers_and_vertices_of_text_that_is_no_number(tmp_path: Path, newline: str) -> None:
    path = ply(tmp_path / "a.ply", POINTS, "ascii", Layout(newline=newline))
    path.write_bytes(path.read_bytes().replace(b"8.0", b"eight"))
    with pytest.raises(CloudError) as caught:
        read_cloud(path)
    assert str(caught.value) == f"{path}: vertex 2 (line 11): 'eight' is not a number"
    assert "eight" in path.read_text().split("\n")[11 - 1]


def test_a_million_vertices_with_colours(tmp_path: Path) -> None:
    vertices = np.zeros(10**6, [("x", "f4"), ("y", "f4"), ("z", "f4"), ("red", "u1"), ("green", "u1"), ("blue", "u1")])
    vertices["y"] = np.arange(10**6)
    vertices["red"] = 255
    names = {"f4": "float", "u1": "uchar"}
    lines = [f"property {names[vertices.dtype[n].str[1:]]} {n}\n" for n in vertices.dtype.names]
    header = f"ply\nformat binary_little_endian 1.0\nelement vertex 1000000\n{''.join(lines)}end_header\n"
    (tmp_path / "a.ply").write_bytes(header.encode() + vertices.tobytes())
    cloud = read_cloud(tmp_path / "a.ply")
    np.testing.assert_array_equal(cloud.points[:, 1], np.arange(10**6))
    assert cloud.points[:, [0, 2]].max() == 0
    assert cloud.points.flags.c_contiguous
    assert cloud.dropped == ("colours",)


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_of_faces_behind_the_vertices_only_the_size_is_looked_at(tmp_path: Path, form: str) -> None:
    faces = [[7, 8, 9], [-1, -1, -1], [1, 2], [], [3, 1, 2, 3, 1]]
    if form == "ascii":
        tail = "".join(f"{len(face)} {' '.join(map(str, face))} 0.5\n" for face in faces).encode()
    else:
        order = "<" if "little" in form else ">"
        tail = b"".join(struct.pack(f"{order}B{len(face)}if", len(face), *face, 0.5) for face in faces)
    after = "element face 5|property list uchar int vertex_indices|property float quality"
    path = ply(tmp_path / "a.ply", POINTS, form, Layout(after=after, tail=tail))
    cloud = read_cloud(path, strict=True)
    np.testing.assert_array_equal(cloud.points, POINTS.astype(np.float32))
    assert cloud.dropped == ("faces",)
    assert find_clouds([path])[0].count() == 4


def test_axes_of_different_types_and_places(tmp_path: Path) -> None:
    vertices = np.zeros(3, [("z", "<f8"), ("x", "<f4"), ("red", "u1"), ("y", "<i2")])
    vertices["x"], vertices["y"], vertices["z"] = [0.5, 1.5, 2.5], [-1, 0, 1], [1 / 3, 2 / 3, 1]
    with (tmp_path / "a.ply").open("wb") as stream:
        PlyData([PlyElement.describe(vertices, "vertex")], byte_order="<").write(stream)
    cloud = read_cloud(tmp_path / "a.ply")
    np.testing.assert_array_equal(cloud.points, [[0.5, -1, 1 / 3], [1.5, 0, 2 / 3], [2.5, 1, 1]])
    assert cloud.points.dtype == np.float64
