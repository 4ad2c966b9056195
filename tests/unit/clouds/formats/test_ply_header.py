"""PLY headers: what is read of odd ones, and what the lies of others cost."""

from __future__ import annotations

import io
import struct
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import read_cloud
from qaadcodec.errors import CloudError

LITTLE = "format binary_little_endian 1.0\n"
TEXT = "format ascii 1.0\n"
AXES = "property float x\nproperty float y\nproperty float z\n"
POINT = struct.pack("<3f", 1, 2, 3)


@pytest.mark.parametrize(
    "header",
    [
        f"ply\n{LITTLE}element vertex 1\n{AXES}end_header\n",
        f"\ufeffply\n{LITTLE}element vertex 1\n{AXES}end_header\n",
        f"ply\n{LITTLE}element vertex 1\n{AXES.replace('x', 'X').replace('z', 'Z')}end_header\n",
        f"ply\n{LITTLE}element Vertex 1\n{AXES}end_header\n",
        f"ply \t\n{LITTLE}element vertex 1\n{AXES}end_header \t\n",
        f"ply\ncomment größe\nobj_info ñ\n{LITTLE}element vertex 1\n{AXES}end_header\n",
        f"ply\n\n{LITTLE}\nelement  vertex\t1 \ncomment\n{AXES}\nobj_info at the end\nend_header\n",
        f"ply\r\n{LITTLE}element vertex 1\r\n{AXES}end_header\n",
        f"ply\n{LITTLE}element vertex 1\n{AXES}end_header\r\n",
        f"ply\n{LITTLE}element vertex 1\n{AXES.replace('float', 'float32')}end_header\n",
        f"ply\n{LITTLE}comment {'long ' * 5000}\nelement vertex 1\n{AXES}end_header\n",
        f"ply\n{LITTLE}element vertex 1\n{AXES}element face 0\nproperty list uchar int i\nend_header\n",
    ],
)
def test_headers_that_mean_the_same(tmp_path: Path, header: str) -> None:
    (tmp_path / "a.ply").write_bytes(header.encode() + POINT)
    cloud = read_cloud(tmp_path / "a.ply")
    np.testing.assert_array_equal(cloud.points, [[1, 2, 3]])
    assert cloud.dropped == ()


def test_a_property_that_is_declared_twice_has_its_place_in_the_records(tmp_path: Path) -> None:
    more = "property uchar q\nproperty uchar red\nproperty uchar q\nproperty list uchar uchar q\n"
    header = f"ply\n{LITTLE}element vertex 2\n{AXES}{more}element face 1\nproperty uchar q\nend_header\n"
    (tmp_path / "a.ply").write_bytes(header.encode() + POINT + b"\1\2\3\0" + POINT + b"\1\2\3\2\7\7" + b"\5")
    cloud = read_cloud(tmp_path / "a.ply")
    np.testing.assert_array_equal(cloud.points, [[1, 2, 3], [1, 2, 3]])
    assert cloud.dropped == ("q", "colours", "faces")


def test_where_there_are_both_the_small_letter_is_the_coordinate(tmp_path: Path) -> None:
    header = f"ply\n{TEXT}element vertex 1\nproperty float X\n{AXES}end_header\n"
    (tmp_path / "a.ply").write_text(f"{header}9 1 2 3\n")
    cloud = read_cloud(tmp_path / "a.ply")
    np.testing.assert_array_equal(cloud.points, [[1, 2, 3]])
    assert cloud.dropped == ("X",)


@pytest.mark.parametrize("length", range(4096 - 4, 4096 + 4))
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_header_that_ends_where_the_first_read_does(tmp_path: Path, length: int, newline: str) -> None:
    tail = f"element vertex 1\n{AXES}end_header\n".replace("\n", newline)
    head = f"ply\n{LITTLE}comment ".replace("\n", newline)
    header = head + "x" * (length - len(head) - len(tail) - len(newline)) + newline + tail
    assert len(header) == length
    (tmp_path / "a.ply").write_bytes(header.encode() + POINT)
    np.testing.assert_array_equal(read_cloud(tmp_path / "a.ply").points, [[1, 2, 3]])


def test_data_that_begins_with_a_line_feed_behind_a_header_of_carriage_returns(tmp_path: Path) -> None:
    header = f"ply\n{LITTLE}element vertex 1\n{AXES}end_header\n".replace("\n", "\r")
    (tmp_path / "a.ply").write_bytes(header.encode() + b"\n\0\0\0" + POINT[4:])
    x, y, z = read_cloud(tmp_path / "a.ply").points[0]
    assert (x, y, z) == (np.float32(10 * 2.0**-149), 2, 3)


@pytest.mark.parametrize(
    ("lines", "message", "hint"),
    [
        (
            f"element vertex 1\n{AXES}",
            "line 2 of its header is not understood: 'element vertex 1'",
            "expected one of {format, comment, obj_info}",
        ),
        (
            "format xml 1.0\n",
            "line 2 of its header is not understood: 'format xml 1.0'",
            "don't understand format 'xml'",
        ),
        (
            f"{LITTLE}comment c\n\nelement vertex 1\nproperty float\n",
            "line 6 of its header is not understood: 'property float'",
            "bad 'property' line",
        ),
        (f"{LITTLE}element vertex 1 2\n", "line 3 of its header is not understood: 'element vertex 1 2'", None),
        (f"{LITTLE}element vertex 1\n{AXES}{AXES}", "declares two properties with same name in its header", None),
        (f"{LITTLE}element a 1\nelement a 1\n", "declares two elements with same name in its header", None),
    ],
)
def test_what_is_not_understood(tmp_path: Path, lines: str, message: str, hint: str | None) -> None:
    path = tmp_path / "a.ply"
    path.write_text(f"ply\n{lines}end_header\n")
    with pytest.raises(CloudError) as caught:
        read_cloud(path)
    assert (str(caught.value), caught.value.hint) == (f"{path}: {message}", hint)


VERTICES = f"element vertex 10000000000\n{AXES}"
FACES = "element face 10000000000\nproperty list uchar int i\n"
LISTS = f"element vertex 1\n{AXES}property list uint double w\n"


@pytest.mark.parametrize(
    ("form", "elements", "data", "message"),
    [
        (LITTLE, VERTICES, POINT, "is truncated: 10000000000 vertices need 120000000000 bytes after the header"),
        (
            TEXT,
            VERTICES,
            b"1 2 3\n",
            "is truncated: 10000000000 vertices need at least 59999999999 bytes",
        ),
        (LITTLE, FACES + VERTICES, POINT, "is truncated: 10000000000 vertices need at least 130000000000 bytes"),
        (LITTLE, LISTS, POINT + b"\xff\xff\xff\xff", "is truncated in vertex 0 of 1"),
        (TEXT, LISTS, b"1 2 3 4294967295 7\n", "is truncated: it ends after 0 of 1 vertices"),
    ],
)
def test_a_lie_from_a_pipe_is_refused_before_memory_is_taken(
    monkeypatch: pytest.MonkeyPatch, form: str, elements: str, data: bytes, message: str
) -> None:
    lie = f"ply\n{form}{elements}end_header\n".encode() + data
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lie), encoding="utf-8"))
    tracemalloc.start()
    with pytest.raises(CloudError) as caught:
        read_cloud("-")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(caught.value).startswith(f"stdin: {message}")
    assert peak < 1_000_000
