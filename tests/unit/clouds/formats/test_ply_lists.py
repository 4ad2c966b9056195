"""PLY elements with lists: the vertices themselves, and what stands before them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from plyfile import PlyData, PlyElement

from qaadcodec.clouds import read_cloud
from qaadcodec.errors import CloudError

AXES = "property float x\nproperty float y\nproperty float z\n"


def listed(body: bytes, form: str, length: str = "uchar") -> bytes:
    """A PLY of two vertices, each with a list of whole numbers behind its coordinates."""
    header = f"ply\nformat {form} 1.0\nelement vertex 2\n{AXES}property list {length} int weights\nend_header\n"
    return header.encode() + body


@pytest.mark.parametrize("text", [True, False])
def test_vertices_with_lists_and_axes_out_of_order_as_plyfile_writes_them(tmp_path: Path, text: bool) -> None:
    vertices = np.empty(3, [("z", "f8"), ("weights", "O"), ("x", "f8"), ("y", "f8")])
    for i in range(3):
        vertices[i] = (i + 0.5, np.arange(i, dtype="f4"), 10 * i, -i)
    element = PlyElement.describe(vertices, "vertex", val_types={"weights": "f4"}, len_types={"weights": "u1"})
    PlyData([element], text=text, byte_order="<").write(tmp_path / "a.ply")
    cloud = read_cloud(tmp_path / "a.ply")
    np.testing.assert_array_equal(cloud.points, [[0, 0, 0.5], [10, -1, 1.5], [20, -2, 2.5]])
    assert cloud.dropped == ("weights",)


def test_big_endian_vertices_with_lists(tmp_path: Path) -> None:
    # By hand: plyfile 1.1 writes the scalars of such vertices in the machine's own byte order.
    head = b"ply\nformat binary_big_endian 1.0\nelement vertex 2\nproperty float y\nproperty list ushort double w\n"
    head += b"property float x\nproperty float z\nend_header\n"
    rows = struct.pack(">fHff", 2, 0, 1, 3) + struct.pack(">fHddff", 5, 2, -1, -1, 4, 6)
    (tmp_path / "a.ply").write_bytes(head + rows)
    cloud = read_cloud(tmp_path / "a.ply")
    assert cloud.points.dtype == np.float32
    np.testing.assert_array_equal(cloud.points, [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(
    ("rows", "length", "message"),
    [
        (b"0 0 0 1 5\n1 1 1 3 7 8\n", "uchar", "is truncated: it ends after 1 of 2 vertices"),
        (b"0 0 0 1 5\n\n1 1 1\n", "uchar", "is truncated: it ends after 1 of 2 vertices"),
        (
            b"0 0 0 1 5\n1 1 1 1 7 8\n",
            "uchar",
            "has 1 number more than its header declares, from line 10 on",
        ),
        (b"0 0 0 1 5\n1 one 1 1 7\n", "uchar", "vertex 1 (line 10): 'one' is not a number"),
        (b"0 0 0 1 5\n1 1 1 -1 7\n", "char", "vertex 1 (line 10): '-1' is not the length of a list"),
        (b"0 0 0 1 5\n1 1 1 0.5 7\n", "char", "vertex 1 (line 10): '0.5' is not the length of a list"),
        (b"0 0 0 1 5\n1 1 1 300 7\n", "uchar", "vertex 1 (line 10) has a list of a length that its type cannot hold"),
    ],
)
def test_faults_of_text(tmp_path: Path, rows: bytes, length: str, message: str) -> None:
    path = tmp_path / "a.ply"
    path.write_bytes(listed(rows, "ascii", length))
    with pytest.raises(CloudError) as caught:
        read_cloud(path)
    assert str(caught.value) == f"{path}: {message}"


ROW = struct.pack("<3f", 1, 2, 3)


@pytest.mark.parametrize(
    ("body", "length", "row"),
    [
        (ROW + b"\0" + ROW + b"\2" + bytes(7), "uchar", 1),
        (ROW + b"\xff" + ROW + b"\0" + bytes(99), "char", 0),  # a list of -1 numbers
        (ROW + b"\0\0\0\0" + ROW + b"\xff\xff\xff\xff" + bytes(7), "uint", 1),
    ],
)
def test_faults_of_binary(tmp_path: Path, body: bytes, length: str, row: int) -> None:
    path = tmp_path / "a.ply"
    path.write_bytes(listed(body, "binary_little_endian", length))
    with pytest.raises(CloudError) as caught:
        read_cloud(path)
    assert str(caught.value) == f"{path}: is truncated in vertex {row} of 2"


def test_text_that_says_float_becomes_float32_unless_that_moves_a_point(tmp_path: Path) -> None:
    (tmp_path / "a.ply").write_bytes(listed(b"0.1 0 0 0\n1 1 1 1 7\n", "ascii"))
    near = read_cloud(tmp_path / "a.ply").points
    assert near.dtype == np.float32
    np.testing.assert_array_equal(near, np.array([[0.1, 0, 0], [1, 1, 1]], np.float32))
    (tmp_path / "a.ply").write_bytes(listed(b"500000.123 0 0 0\n500001 1 1 1 7\n", "ascii"))
    far = read_cloud(tmp_path / "a.ply").points
    assert far.dtype == np.float64
    np.testing.assert_array_equal(far, [[500000.123, 0, 0], [500001, 1, 1]])


def test_long_faces_before_the_vertices(tmp_path: Path) -> None:
    header = (
        f"ply\nformat binary_little_endian 1.0\nelement face 2\nproperty list uchar int i\nelement vertex 1\n{AXES}"
    )
    faces = b"".join(struct.pack(f"<B{n}i", n, *range(n)) for n in (200, 255))
    (tmp_path / "a.ply").write_bytes(header.encode() + b"end_header\n" + faces + ROW)
    cloud = read_cloud(tmp_path / "a.ply")
    np.testing.assert_array_equal(cloud.points, [[1, 2, 3]])
    assert cloud.dropped == ("faces",)
