"""Bad clouds: what is wrong is said with the file, the place and the numbers; nothing crashes, nothing is guessed."""

from __future__ import annotations

import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qaadcodec.clouds import WRITTEN, find_clouds, read_cloud, write_cloud
from qaadcodec.clouds.written import WRITABLE
from qaadcodec.errors import CloudError

SOME = np.arange(30, dtype=np.float32).reshape(10, 3)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal(path: str) -> str:
    """The message that strict reading gives; counting gives the same or, where only the values are off, none."""
    with pytest.raises(CloudError) as caught:
        read_cloud(path, strict=True)
    assert caught.value.exit_code == 3
    return str(caught.value)


def ply(
    body: bytes, count: object = 2, form: str = "binary_little_endian", kind: str = "float", axes: str = "xyz"
) -> bytes:
    properties = "".join(f"property {kind} {axis}\n" for axis in axes)
    return f"ply\nformat {form} 1.0\nelement vertex {count}\n{properties}end_header\n".encode() + body


TWO = struct.pack("<6f", *range(6))
NAN, INF = float("nan"), float("inf")

PLYS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty (0 bytes)"),
    "other": (b"version https://git-lfs", "is not a PLY file; it does not begin with a line 'ply'"),
    "only magic": (b"ply\n", "is truncated in its header"),
    "cut header": (ply(TWO)[:60], "is truncated in its header"),
    "endless header": (b"ply\n" + b"comment x\n" * 200_000, "has no end_header in its first MiB"),
    "no format": (
        b"ply\nelement vertex 1\nend_header\n",
        "line 2 of its header is not understood: 'element vertex 1'",
    ),
    "format": (b"ply\nformat pdf 1.0\nend_header\n", "line 2 of its header is not understood: 'format pdf 1.0'"),
    "version": (
        b"ply\nformat ascii 2.0\nend_header\n",
        "line 2 of its header is not understood: 'format ascii 2.0'",
    ),
    "count": (ply(TWO, "many"), "line 3 of its header is not understood: 'element vertex many'"),
    "negative": (ply(TWO, -1), "line 3 of its header is not understood: 'element vertex -1'"),
    "type": (ply(TWO, kind="quad"), "line 4 of its header is not understood: 'property quad x'"),
    "stray": (
        b"ply\nformat ascii 1.0\nproperty float x\nend_header\n",
        "line 3 of its header is not understood: 'property float x'",
    ),
    "float list": (
        b"ply\nformat ascii 1.0\nelement vertex 1\nproperty list float int i\nend_header\n",
        "declares that the lengths of the list i are fractions",
    ),
    "twice": (ply(TWO, axes="xyzx"), "declares two properties with same name in its header"),
    "flat in capitals": (ply(TWO, 3, axes="XY"), "its vertices have no property z"),
    "no vertex": (b"ply\nformat ascii 1.0\nend_header\n", "has no vertices (elements: none)"),
    "faces only": (
        b"ply\nformat ascii 1.0\nelement face 0\nproperty list uchar int i\nend_header\n",
        "has no vertices (elements: face)",
    ),
    "nothing": (ply(b"", 0), "has no vertices (element vertex 0)"),
    "flat": (ply(TWO, 3, axes="xy"), "its vertices have no property z"),
    "nameless": (ply(TWO, 3, axes="ab"), "its vertices have no property x, y, z"),
    "cut": (
        ply(TWO[:-1]),
        "is truncated: 2 vertices need 24 bytes after the header, and there are 23, which is 1 vertices",
    ),
    "bomb": (
        ply(TWO, 10**15),
        "is truncated: 1000000000000000 vertices need 12000000000000000 bytes after the header, and there are 24, "
        "which is 2 vertices",
    ),
    "text bomb": (
        ply(b"0 0 0\n", 10**15, "ascii"),
        "is truncated: 1000000000000000 vertices need at least 5999999999999999 bytes after the header, "
        "and there are 6",
    ),
    "copied as text": (
        ply(TWO + b"\x01\x02\x03"),
        "has 3 bytes more than its header declares",
    ),
    "nan": (ply(struct.pack("<6f", 0, 0, 0, 0, NAN, 0)), "vertex 1 has a NaN coordinate"),
    "inf": (ply(struct.pack("<6f", -INF, 0, 0, 0, NAN, 0)), "vertex 0 has an infinite coordinate"),
    "many elements without properties": (
        ply(b"0 0 0\n1 1 1\n1", form="ascii").replace(b"end_h", b"element none 999999999999999999\nend_h"),
        "has 1 number more than its header declares, from line 11 on",
    ),
    "far": (
        ply(struct.pack(">6d", 0, 0, 0, 0, 0, -1e200), form="binary_big_endian", kind="double"),
        "vertex 1 has a coordinate of -1e+200, beyond 1e+100",
    ),
    "text nan": (ply(b"0 0 0\n1 nan 1\n", form="ascii"), "vertex 1 has a NaN coordinate"),
    "text inf": (ply(b"0 0 0\n1 1 1e999\n", form="ascii"), "vertex 1 has an infinite coordinate"),
    "text word": (ply(b"0 0 0\n1 one 1\n", form="ascii"), "vertex 1 (line 9): 'one' is not a number"),
    "text comma": (ply(b"0 0 0\n1 1,5 1\n", form="ascii"), "vertex 1 (line 9): '1,5' is not a number"),
    "text short": (
        ply(b"0 0 0\n1 1 1\n1 11111\n", 3, form="ascii"),
        "is truncated: it ends after 2 of 3 vertices; line 10 has 2 numbers, and most have 3",
    ),
    "text torn": (
        ply(b"0 0 0\n1 1 1\n2 2 23 3 3\n4 4 4\n", 5, form="ascii"),
        "is truncated: it ends after 4 of 5 vertices; line 10 has 5 numbers, and most have 3",
    ),
    "text more rows": (
        ply(b"0 0 0\n1 1 1\n2 2 2\n3 3 3\n", form="ascii"),
        "has 6 numbers more than its header declares, from line 10 on",
    ),
    "text more columns": (
        ply(b"0 0 0 9\n1 1 1 9\n", form="ascii"),
        "has 2 numbers more than its header declares, from line 9 on",
    ),
    "text cut in its last number": (
        ply(b"0 0 0\n1 1 1.5", form="ascii"),
        "ends without a newline, so its last line may be cut",
    ),
    "text cut in fixed decimals": (
        ply(b"0.10 0.20 0.30\n" * 5 + b"1.00 2.00 3.0", 6, form="ascii"),
        "is truncated: it ends within vertex 5 of 6, without a newline",
    ),
    "text cut in half a number": (
        ply(b"0 0 0\n1 1 1e-", form="ascii"),
        "vertex 1 (line 9): '1e-' is not a number",
    ),
    "text nan of windows": (ply(b"0 0 0\n1 -1.#IND00 1\n", form="ascii"), "vertex 1 has a NaN coordinate"),
    "text cut": (ply(b"0 0 0\n1 1 111111\n", 3, "ascii"), "is truncated: it ends after 2 of 3 vertices"),
}


@pytest.mark.parametrize("case", PLYS)
def test_plys(case: str) -> None:
    data, message = PLYS[case]
    Path("a.ply").write_bytes(data)
    assert refusal("a.ply") == f"a.ply: {message}"


def test_a_hint_counts_the_vertices_that_are_off() -> None:
    Path("a.ply").write_bytes(ply(struct.pack("<6f", 0, 0, NAN, 0, NAN, 0)))
    with pytest.raises(CloudError) as caught:
        read_cloud("a.ply", strict=True)
    assert caught.value.hint == (
        "2 of 2 vertices cannot be used; without --strict those that are not finite are left out"
    )
    Path("a.ply").write_bytes(ply(struct.pack("<6d", 0, 0, 1e200, 0, 0, 0), kind="double"))
    with pytest.raises(CloudError) as caught:
        read_cloud("a.ply")
    assert caught.value.hint == "1 of 2 vertices cannot be used; repair the file, or skip it with --skip-bad"


MESH = b"element face 2\nproperty list uchar int i\nend_header\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"0 0 0\n1 1 1\n2 2 2\n3 0 1 0\n3 0 1 1\n", "has 4 numbers more than its header declares, from line 14 on"),
        (b"0 0 0\n1 1 1\n3 0 1 0\n3 0 1 1\n3 1 1 0\n", "has 4 numbers more than its header declares, from line 14 on"),
        (b"0 0 0\n1 1 1\n0.5 1 2\n3 0 1 0\n3 0 1 1\n", "face 0 (line 12): '0.5' is not the length of a list"),
        (b"0 0 0\n1 1 1\n-3 1 2\n", "face 0 (line 12): '-3' is not the length of a list"),
        (b"0 0 0\n1 1 1\n3 0 1 0\n", "is truncated: it ends after 1 of 2 faces"),
        (b"0 0 0\n1 1 1\n300 0 1 0\n", "face 0 (line 12) has a list of a length that its type cannot hold"),
    ],
)
def test_text_that_does_not_add_up_with_its_faces(body: bytes, message: str) -> None:
    Path("a.ply").write_bytes(ply(body, form="ascii").replace(b"end_header\n", MESH))
    assert refusal("a.ply") == f"a.ply: {message}"


def test_a_binary_mesh_that_was_copied_in_text_mode() -> None:
    """0x0A becomes 0x0D 0x0A, or the other way round, wherever it happens to be, and moves all that follows."""
    points = np.random.default_rng(0).normal(size=(500, 3)).astype("<f4")
    faces = b"".join(struct.pack("<B3i", 3, i, i + 1, i + 2) for i in range(498))
    whole = ply(b"", 500).replace(b"end_header\n", MESH.replace(b"2", b"498", 1)) + points.tobytes() + faces
    Path("a.ply").write_bytes(whole)
    np.testing.assert_array_equal(read_cloud("a.ply", strict=True).points, points)
    hint = "a binary file that was copied in text mode looks like this; copy it again"
    spoilt = {"crlf": whole.replace(b"\n", b"\r\n"), "no crs": whole.replace(b"\r", b"")}
    spoilt |= {"cut": whole[:-1], "more": whole + b"\x01"}
    message = r"^a\.ply: (is truncated in face \d+ of 498|has \d+ bytes more than its header declares)$"
    for way, data in spoilt.items():
        assert data != whole, way
        Path("a.ply").write_bytes(data)
        with pytest.raises(CloudError, match=message) as caught:
            read_cloud("a.ply")
        assert caught.value.hint == hint, way


FACES = b"ply\nformat binary_little_endian 1.0\nelement face 2\nproperty list uchar int i\nelement vertex 1\n"
FACES += b"property float x\nproperty float y\nproperty float z\nend_header\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x03" + bytes(12), "is truncated: 1 vertices need at least 14 bytes after the header, and there are 13"),
        (b"\x01" + bytes(13), "is truncated: it ends before 1 vertices"),
        (b"\xff" + bytes(13), "is truncated in face 0 of 2"),
        (b"\x03" + bytes(12) + b"\x09", "is truncated in face 1 of 2"),
    ],
)
def test_faces_before_the_vertices_that_do_not_end(data: bytes, message: str) -> None:
    Path("a.ply").write_bytes(FACES + data)
    assert refusal("a.ply") == f"a.ply: {message}"


XYZS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty (0 bytes)"),
    "blank": (b"\n  \n# nothing\n", "has no points"),
    "titles": (b"x y z\n", "has no points"),
    "word": (b"# c\n1 2 3\n\n4 five 6\n", "line 4: 'five' is not a number"),
    "prose": (b"These are the scans of Monday\n", "line 1: 'These' is not a number"),
    "short": (b"1 2 3\n4 5\n", "line 2 has 2 of the 3 numbers it needs"),
    "flat": (b"1,2\n3,4\n", "line 1 has 2 of the 3 numbers it needs"),
    "torn": (
        b"1 2 3 255 0 0\n4 5 6 255 0 07 8 9 255 0 0\n1 1 1 2 2 2\n",
        "line 2 has 11 columns, and most lines have 6",
    ),
    "torn at first": (b"1 2 34 5 6\n7 8 9\n1 1 1\n", "line 1 has 5 columns, and most lines have 3"),
    "one column more": (b"1,2,3\n\n4,5,6,\n7,8,9\n", "line 3 has 4 columns, and most lines have 3"),
    "text beside": (b"1 2 3 a tree\n4 5 6 car\n7 8 9 a bus\n", "line 2 has 4 columns, and most lines have 5"),
    "no newline": (b"1 2 3\n4 5 6.0", "ends without a newline, so its last line may be cut"),
    "cut in a number": (b"1 2 3\n4 5 6e-", "ends without a newline, so its last line may be cut: it is left out"),
    "cut in a line": (b"1 2 3 9\n4 5 6.0", "ends without a newline, so its last line may be cut: it is left out"),
    "more counted": (b"3\n1 2 3\n4 5 6\n", "is truncated: line 1 counts 3 points, and 2 lines follow"),
    "fewer counted": (b"# c\n1\n1 2 3\n4 5 6\n", "line 2 counts 1 points, and 2 lines follow"),
    "two scans": (b"2\n1 2 3\n4 5 6\n1\n7 8 9\n", "line 1 counts 2 points, and 4 lines follow"),
    "only a count": (b"3\n", "line 1 has 1 of the 3 numbers it needs"),
    "fewer titles": (b"x y z\n1 0.1 0.2 0.3\n2 0.1 0.2 0.4\n", "line 1 names 3 columns, and line 2 has 4"),
    "more titles": (b"id,x,y,z\n1,2,3\n", "line 1 names 4 columns, and line 2 has 3"),
    "fewer titles in a comment": (b"# id x y z\n1 1 2 3 255 0 0\n", "line 1 names 4 columns, and line 2 has 7"),
    "more titles in a comment": (b"#id,x,y,z\n1 2 3\n", "line 1 names 4 columns, and line 2 has 3"),
    "other titles": (b"# columns = r,a,s\n1,2,3\n", "line 1 names 3 columns, and not x, y and z among them"),
    "x twice": (b"x,y,z,x\n1,2,3,4\n", "line 1 names 2 columns x"),
    "only titles": (b"id,x,y,z\n", "has no points"),
    "short of z": (b"# POINT, X, Y, TRACK[], Z\n1 2 3\n4 5\n", "line 3 has 2 of the 3 numbers it needs"),
    "short of a named z": (b"# ID, X, Y, Z, TRACK[]\n1 2 3 4 5\n4 5 6\n", "line 3 has 3 of the 4 numbers it needs"),
    "gap": (b"1,2,3\n4,,6\n", "line 2: '' is not a number"),
    "decimal comma": (b"1,5;2;3\n", "line 1: '1,5' is not a number"),
    "nan": (b"1 2 3\n\n4 NaN 6\n", "line 3 has a NaN coordinate"),
    "inf": (b"1 2 3\n4 5 -inf\n", "line 2 has an infinite coordinate"),
    "nan of windows": (b"1 2 3\n4 -nan(ind) 6\n", "line 2 has a NaN coordinate"),
    "inf of windows": (b"1 2 3\n4 5 -1.#INF\n", "line 2 has an infinite coordinate"),
    "underscore": (b"1_0 2 3\n", "line 1: '1_0' is not a number"),
    "long": (b"1 2 3\n4 " + b"x" * 100 + b" 6\n", f"line 2: '{'x' * 40}…' is not a number"),
    "binary": (b"1 2 3\n\0\0", "is not text, and not a cloud format that qaad reads"),
    "not utf-8": (b"1 2 3\n\xff 5 6\n", "line 2: '\ufffd' is not a number"),
}


@pytest.mark.parametrize("case", XYZS)
def test_texts(case: str) -> None:
    data, message = XYZS[case]
    Path("a.xyz").write_bytes(data)
    assert refusal("a.xyz") == f"a.xyz: {message}"


OFFS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty (0 bytes)"),
    "other": (b"1 2 3\n", "is not an OFF file; it does not begin with a line 'OFF'"),
    "office": (b"OFFICE\n", "is not an OFF file; it does not begin with a line 'OFF'"),
    "comment": (b"# OFF\n", "is not an OFF file; it does not begin with a line 'OFF'"),
    "only a keyword": (b"OFF\n# nothing\n", "is truncated in its header"),
    "endless header": (b"OFF\n" + b"# nothing\n" * 7000, "has no counts in its first 64 KiB"),
    "binary": (b"OFF BINARY\n" + bytes(12), "is a binary OFF file, and qaad reads those of text"),
    "four coordinates": (b"4OFF\n1 0 0\n1 2 3 4\n", "has vertices of other than three coordinates: '4OFF'"),
    "dimension": (b"nOFF 2\n1 0 0\n1 2\n", "has vertices of other than three coordinates: 'nOFF 2'"),
    "counts": (b"# c\nOFF\none 2 3\n", "line 3 should count vertices, faces and edges: 'one 2 3'"),
    "one count": (b"OFF 2\n1 2 3\n4 5 6\n", "line 1 should count vertices, faces and edges: '2'"),
    "negative": (b"OFF\n-1 0 0\n", "line 2 should count vertices, faces and edges: '-1 0 0'"),
    "no vertices": (b"OFF\n0 0 0\n", "has no vertices (line 2: '0 0 0')"),
    "lie": (b"OFF\n999999999999 0 0\n1 2 3\n", "is truncated: 999999999999 vertices need at least 5999999999993 "),
    "cut": (b"OFF\n3 0 0\n1.5 2.5 3.5\n\n4.5 5.5 6.5\n", "is truncated: it ends after 2 of 3 vertices"),
    "word": (b"OFF\n2 0 0\n1 2 3\n\n4 five 6\n", "vertex 1 (line 5): 'five' is not a number"),
    "short": (b"OFF\n2 1 0\n1 2 3\n4 5\n3 0 1 1\n", "vertex 1 (line 4) has 2 of the 3 numbers it needs"),
    "torn": (
        b"OFF\n4 1 0\n0 0 0\n1 0 0\n0 1 01 1 0\n3 0 1 2\n",
        "vertex 2 (line 5) has 5 columns, and most lines have 3",
    ),
    "more rows": (
        b"OFF\n2 1 0\n1 2 3\n4 5 6\n7 8 9\n2 0 1\n\n",
        "has 1 lines more than its header declares, from line 6 on",
    ),
    "cut faces": (b"OFF\n2 2 0\n1 2 3\n4 5 6\n2 0 1\n", "is truncated: it ends after 1 of 2 faces"),
    "cut in fixed decimals": (
        b"OFF\n6 0 0\n" + b"0.10 0.20 0.30\n" * 5 + b"1.00 2.00 3.",
        "is truncated: it ends within vertex 5 of 6, without a newline",
    ),
    "no newline": (b"OFF\n2 0 0\n1 2 3\n4 5 6.0", "ends without a newline, so its last line may be cut"),
    "nan": (b"OFF\n2 0 0\n1 2 3\n4 nan 6\n", "vertex 1 has a NaN coordinate"),
}


@pytest.mark.parametrize("case", OFFS)
def test_offs(case: str) -> None:
    data, message = OFFS[case]
    Path("a.off").write_bytes(data)
    assert refusal("a.off").startswith(f"a.off: {message}")


def saved(array: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(array), allow_pickle=True)
    return stream.getvalue()


class Trap:
    """Unpickled, this would leave a file behind."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, ("pickle-was-run",)


def huge(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return stream.getvalue() + bytes(24)


def subarrays(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "4f8", "fortran_order": False, "shape": shape})
    return stream.getvalue()


NPYS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty (0 bytes)"),
    "magic": (b"PK\x03\x04", "is not a whole NPY file: "),
    "cut magic": (saved(SOME)[:7], "is not a whole NPY file: "),
    "cut header": (saved(SOME)[:40], "is not a whole NPY file: "),
    "code": (saved(SOME).replace(b"(10, 3)", b"exit(0)"), "is not a whole NPY file: "),
    "version": (b"\x93NUMPY\x09\x00" + saved(SOME)[8:], "is NPY version 9.0; versions 1.0 and 2.0 are read"),
    "cut": (
        saved(SOME)[:-1],
        "is truncated: its shape (10, 3) of float32 needs 120 bytes, and there are 119",
    ),
    "bomb": (
        huge((10**12, 3)),
        "is truncated: its shape (1000000000000, 3) of float32 needs 12000000000000 bytes, and there are 24",
    ),
    "overflow": (
        huge((2**62, 3)),
        f"is truncated: its shape ({2**62}, 3) of float32 needs {12 * 2**62} bytes, and there are 24",
    ),
    "many clouds": (
        huge((10**12, 1, 3))[:-24],
        "is truncated: its shape (1000000000000, 1, 3) of float32 needs 12000000000000 bytes, and there are 0",
    ),
    "many empty clouds": (huge((10**12, 0, 3)), "has the shape (1000000000000, 0, 3), no points"),
    "many empty clouds, turned": (huge((10**12, 3, 0)), "has the shape (1000000000000, 3, 0), no clouds"),
    "subarrays": (
        subarrays((3, 3, 0)),
        "holds values of type ('<f8', (4,)), and a cloud is of real numbers",
    ),
    "negative": (huge((-1, 3)), "declares the shape (-1, 3)"),
    "a truth for a length": (huge((True, 3)), "declares the shape (True, 3)"),
    "flat": (saved(SOME[:, :2]), "has the shape (10, 2), and a cloud is (points, 3)"),
    "wide": (saved(np.zeros((10, 6))), "has the shape (10, 6), and a cloud is (points, 3)"),
    "vector": (saved(np.zeros(3)), "has the shape (3,), and a cloud is (points, 3)"),
    "scalar": (saved(7.0), "has the shape (), and a cloud is (points, 3)"),
    "four axes": (saved(np.zeros((2, 2, 2, 3))), "has the shape (2, 2, 2, 3), and a cloud is (points, 3)"),
    "no points": (saved(np.zeros((0, 3))), "has no points"),
    "no clouds": (saved(np.zeros((0, 5, 3))), "has the shape (0, 5, 3), no clouds"),
    "objects": (saved(np.array([[Trap()] * 3], object)), "holds Python objects, not numbers"),
    "words": (saved(np.array([["a", "b", "c"]])), "holds values of type <U1, and a cloud is of real numbers"),
    "truths": (saved(SOME > 3), "holds values of type bool, and a cloud is of real numbers"),
    "complex": (saved(SOME * 1j), "holds values of type complex64, and a cloud is of real numbers"),
    "nan": (saved(np.where(SOME == 25, NAN, SOME)), "point 8 has a NaN coordinate"),
    "inf": (saved(np.where(SOME == 25, INF, SOME)), "point 8 has an infinite coordinate"),
}


@pytest.mark.parametrize("case", NPYS)
def test_npys(case: str) -> None:
    data, message = NPYS[case]
    Path("a.npy").write_bytes(data)
    got = refusal("a.npy")
    # What follows "not a whole NPY file" is numpy's own wording.
    assert got.startswith(f"a.npy: {message}") if message.endswith(": ") else got == f"a.npy: {message}"
    assert not Path("pickle-was-run").exists()


def test_hints_for_shapes() -> None:
    for shape, hint in [((3, 10), "transpose it"), ((10, 6), "keep its three columns of coordinates"), ((5, 2), None)]:
        np.save("a.npy", np.zeros(shape))
        with pytest.raises(CloudError) as caught:
            read_cloud("a.npy")
        assert caught.value.hint == hint


def test_one_bad_cloud_of_a_set_spares_the_others() -> None:
    values = np.zeros((3, 4, 3))
    values[1, 2, 0] = NAN
    np.save("a.npy", values)
    good, bad, _ = find_clouds(["a.npy"])
    assert len(good.load()) == 4
    with pytest.raises(CloudError, match=r"^a\.npy::\[1\]: point 2 has a NaN coordinate$"):
        bad.load(strict=True)
    assert len(bad.load()) == 3
    assert refusal("a.npy::[3]") == "a.npy: has no cloud 3; it has 0 to 2"
    assert refusal("a.npy") == "a.npy: holds 3 clouds"


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :]


NPZS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "a.npz: is empty (0 bytes)"),
    "not a zip": (saved(SOME), "a.npz: is not a whole NPZ file: file is not a zip file"),
    "cut": (zipped({"a.npy": saved(SOME)})[:-10], "a.npz: is not a whole NPZ file: file is not a zip file"),
    "no arrays": (zipped({"a.txt": b"1 2 3"}), "a.npz: holds no arrays"),
    "flat": (
        zipped({"a.npy": saved(SOME[:, :2])}),
        "a.npz: array a: has the shape (10, 2), and a cloud is (points, 3)",
    ),
    "none fits": (
        zipped({"a.npy": saved(SOME[:, :2]), "b.npy": saved(np.arange(4, dtype="<i4"))}),
        "a.npz: none of its 2 arrays is a cloud (points, 3) of numbers: a (10, 2) float32, b (4,) int32",
    ),
    "objects": (
        zipped({"a.npy": saved(np.array([[Trap()] * 3], object))}),
        "a.npz: array a: holds Python objects, not numbers",
    ),
    "two sets": (
        zipped({"a.npy": saved(np.zeros((2, 4, 3))), "b.npy": saved(np.zeros((3, 4, 3)))}),
        "a.npz: more than one of its arrays could be the clouds: a (2, 4, 3), b (3, 4, 3)",
    ),
    "damaged": (
        flipped(zipped({"a.npy": saved(SOME)}, zipfile.ZIP_STORED), 200),
        "a.npz: a.npy is damaged: Bad CRC-32 for file 'a.npy'",
    ),
    "short": (
        zipped({"a.npy": saved(SOME)[:-12]}),
        "a.npz::a: is truncated: its shape (10, 3) of float32 needs 120 bytes, and there are 108",
    ),
    "bomb": (
        zipped({"a.npy": huge((10**12, 3))}),
        "a.npz::a: is truncated: its shape (1000000000000, 3) of float32 needs 12000000000000 bytes, and there are 24",
    ),
    "many clouds": (
        zipped({"a.npy": huge((10**12, 1, 3))[:-24]}),
        "a.npz::a: is truncated: its shape (1000000000000, 1, 3) of float32 needs 12000000000000 bytes, "
        "and there are 0",
    ),
    "lzma": (
        flipped(zipped({"a.npy": saved(SOME)}, zipfile.ZIP_LZMA), 60),
        "a.npz: a.npy: is packed with LZMA, and qaad reads stored and deflated members",
    ),
    "nan": (zipped({"a.npy": saved(np.where(SOME == 25, NAN, SOME))}), "a.npz::a: point 8 has a NaN coordinate"),
}


@pytest.mark.parametrize("case", NPZS)
def test_npzs(case: str) -> None:
    data, message = NPZS[case]
    Path("a.npz").write_bytes(data)
    assert refusal("a.npz") == message
    assert not Path("pickle-was-run").exists()


def test_one_bad_array_of_a_file_spares_the_others() -> None:
    Path("a.npz").write_bytes(zipped({"a.npy": saved(SOME), "b.npy": huge((10**12, 3)), "c.npy": saved(SOME)}))
    first, bad, last = find_clouds(["a.npz"])
    assert (len(first.load()), len(last.load())) == (10, 10)
    with pytest.raises(CloudError, match=r"^a\.npz::b: is truncated: its shape \(1000000000000, 3\) of float32 needs "):
        bad.load()


def test_an_npz_member_that_claims_more_than_clouds_pack_to() -> None:
    data = zipped({"a.npy": huge((10**8, 3))})
    size = len(huge((10**8, 3)))
    claimed = data.replace(struct.pack("<I", size), struct.pack("<I", 1_200_000_128))
    Path("a.npz").write_bytes(claimed)
    assert refusal("a.npz").startswith("a.npz::a: claims 1200000128 bytes in ")
    many = saved(np.tile(np.float32([1, 2, 3]), (1 << 20, 1)))  # 12 MiB that pack to 12 KiB: one is read, two are not
    Path("a.npz").write_bytes(zipped({"a.npy": many, "b.npy": many}))
    assert refusal("a.npz").startswith("a.npz::b: claims, with those before, 25166080 bytes in ")
    assert len(find_clouds(["a.npz::a"])[0].part.read(None).values) == 1 << 20


def test_unknown_arrays() -> None:
    np.savez("a.npz", p=SOME, q=SOME)
    with pytest.raises(CloudError, match=r"^a\.npz: holds no array 'r'$") as caught:
        read_cloud("a.npz::r")
    assert caught.value.hint == "it holds p, q"
    write_cloud(Path("a.ply"), SOME, "ply")
    assert refusal("a.ply::r") == "a.ply: is one cloud, and 'r' can only be chosen in a file that holds several"
    assert refusal("a.npz::p[0]") == "a.npz::p: has the shape (10, 3), and [0] needs (clouds, points, 3)"


def test_hdf5() -> None:
    Path("a.h5").write_bytes(b"")
    assert refusal("a.h5") == "a.h5: is empty (0 bytes)"
    Path("a.h5").write_bytes(b"not at all")
    assert refusal("a.h5").startswith("a.h5: is not a whole HDF5 file: ")
    with h5py.File("whole.h5", "w") as h5:
        h5["a"] = SOME
    whole = Path("whole.h5").read_bytes()
    Path("a.h5").write_bytes(whole[:-20])
    assert refusal("a.h5").startswith("a.h5: is not a whole HDF5 file: ")
    with h5py.File("none.h5", "w") as h5:
        h5.create_group("g")
    assert refusal("none.h5") == "none.h5: holds no datasets"
    with h5py.File("flat.h5", "w") as h5:
        h5["g/flat"] = SOME[:, :2]
        h5["word"] = "hello"
    assert refusal("flat.h5") == (
        "flat.h5: none of its 2 datasets is a cloud (points, 3) of numbers: /g/flat (10, 2) float32, /word () object"
    )
    assert refusal("flat.h5::g") == "flat.h5::g: dataset /g/flat: has the shape (10, 2), and a cloud is (points, 3)"
    with h5py.File("nan.h5", "w") as h5:
        h5["a"] = np.where(SOME == 25, NAN, SOME)
    assert refusal("nan.h5") == "nan.h5::/a: point 8 has a NaN coordinate"
    with h5py.File("bomb.h5", "w") as h5:
        h5.create_dataset("a", (10**11, 3), "f4", chunks=(1000, 3))
    size = Path("bomb.h5").stat().st_size
    assert refusal("bomb.h5") == (
        f"bomb.h5::/a: declares the shape (100000000000, 3), 1200000000000 bytes, in a file of {size}"
    )
    with h5py.File("link.h5", "w") as h5:
        h5["away"] = h5py.ExternalLink("whole.h5", "/a")
        h5["gone"] = h5py.SoftLink("/nowhere")
    assert refusal("link.h5") == "link.h5: holds no datasets"


def test_hdf5_that_claims_clouds_without_end() -> None:
    with h5py.File("a.h5", "w") as h5:
        h5.create_dataset("s", (2**30, 2**30, 3), "f4", chunks=(1, 1000, 3))
        h5.create_dataset("t", (100, 3, 2**40), "f4", chunks=(1, 3, 1000))
    size = Path("a.h5").stat().st_size
    assert refusal("a.h5::s") == (
        f"a.h5::/s: declares the shape ({2**30}, {2**30}, 3), {12 * 2**60} bytes, in a file of {size}"
    )
    assert refusal("a.h5::t[M,3,N]").startswith("a.h5::/t: declares the shape (100, 3, 1099511627776), ")


def test_hdf5_of_names_that_are_not_utf8() -> None:
    with h5py.File("a.h5", "w") as h5:
        h5["a"] = SOME
        h5[b"sch\xe4del"] = SOME
    assert refusal("a.h5") == "a.h5: the name b'sch\\xe4del' in / is not UTF-8"
    assert len(read_cloud("a.h5::a")) == 10


def test_hdf5_of_groups_within_groups() -> None:
    with h5py.File("a.h5", "w") as h5:
        group = h5.create_group("g")
        for _ in range(3000):
            group = group.create_group("g")
        group["a"] = SOME
    assert refusal("a.h5") == "a.h5: has groups more than 64 deep"


def test_a_file_of_more_clouds_than_fit() -> None:
    np.save("a.npy", np.zeros((2**20 + 1, 1, 3), "i1"))
    assert refusal("a.npy") == "a.npy: has the shape (1048577, 1, 3); a file holds 1048576 clouds at most"


def test_folders_and_paths() -> None:
    assert refusal("gone.ply") == "gone.ply: no such file or folder"
    Path("set").mkdir()
    assert refusal("set") == "set: no clouds in this folder; it is empty"
    for name in ["a.blend", "b.blend", "sub.json", "README", ".hidden.ply"]:
        (Path("set") / name).touch()
    with pytest.raises(CloudError) as caught:
        find_clouds(["set"])
    assert str(caught.value) == (
        "set: no clouds in this folder; it has 4 other files (2 .blend, 1 .json, 1 without suffix)"
    )
    assert str(caught.value.hint).startswith("qaad reads .ply .npy .npz .h5 .hdf5 .xyz .off .obj .stl ")
    assert refusal("set::a") == "set: is a folder, and 'a' can only be chosen in a file"


def test_a_file_that_cannot_be_listed_spares_the_rest_of_the_folder() -> None:
    Path("set").mkdir()
    write_cloud(Path("set/1.ply"), SOME, "ply")
    files = {"2.npy": b"", "3.npz": b"junk", "4.h5": b"junk", "5.ply": b"", "6.npz": zipped({"a.npy": saved(SOME[:0])})}
    for name, data in files.items():
        (Path("set") / name).write_bytes(data)
    good, *bad = find_clouds(["set"])
    assert (good.name, good.count()) == ("1", 10)
    messages = []
    for source in bad:
        for read in (source.load, source.count):
            with pytest.raises(CloudError) as caught:
                read()
        messages.append((source.name, str(caught.value).partition(": file is")[0].partition(": Unable")[0]))
    assert messages == [
        ("2", "set/2.npy: is empty (0 bytes)"),
        ("3", "set/3.npz: is not a whole NPZ file"),
        ("4", "set/4.h5: is not a whole HDF5 file"),
        ("5", "set/5.ply: is empty (0 bytes)"),
        ("6", "set/6.npz::a: has no points"),
    ]
    Path("notes").write_bytes(b"These are the scans of Monday")
    assert [s.name for s in find_clouds(["set/1.ply", "notes", "set/3.npz"])] == ["1", "notes", "3"]
    with pytest.raises(CloudError, match=r"^notes: is not a cloud that qaad reads$"):
        find_clouds(["notes"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty (0 bytes)"),
        (b"\x1f\x8b\x08\0", "is truncated: its gzip data ends early"),
        (
            gzip.compress(gzip.compress(b"1 2 3\n", mtime=0), mtime=0),
            "is gzip-compressed twice, which qaad does not read",
        ),
        (gzip.compress(b"", mtime=0), "is empty (0 bytes)"),
        (b"LASF\0\0", "is not a whole LAS file: it has no whole header of 227 bytes"),
        (b"\x89PNG\r\n\x1a\n\0", "is not a cloud that qaad reads"),
        (b"These are the scans of Monday\n", "is not a cloud that qaad reads"),
    ],
)
def test_files_of_unknown_kind(data: bytes, message: str) -> None:
    Path("a.bin").write_bytes(data)
    assert refusal("a.bin") == f"a.bin: {message}"


@pytest.mark.parametrize("suffix", WRITTEN)
def test_permission_denied(monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    # The system's answer is imitated, because it denies root nothing.
    write_cloud(Path(f"a.{suffix}"), SOME, suffix)

    def denied(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", denied)
    assert refusal(f"a.{suffix}") == f"a.{suffix}: cannot be read: permission denied"


@pytest.mark.parametrize("suffix", WRITTEN)
def test_one_point_and_identical_points_are_clouds(suffix: str) -> None:
    for points in (SOME[:1], np.ones((7, 3), np.float32)):
        write_cloud(Path(f"a.{suffix}"), points, suffix, overwrite=True)
        np.testing.assert_array_equal(read_cloud(f"a.{suffix}").points, points)


@pytest.mark.parametrize("suffix", [name for name in WRITTEN if not WRITABLE[name].is_text])
def test_every_cut_is_noticed(suffix: str) -> None:
    write_cloud(Path("whole"), SOME, suffix)
    whole = Path("whole").read_bytes()
    last = len(whole) - (suffix == "vtp")  # the line end behind XML means nothing
    for end in range(0, last, 1 if last < 1000 else 37):
        Path(f"a.{suffix}").write_bytes(whole[:end])
        assert refusal(f"a.{suffix}").startswith(f"a.{suffix}")


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["ply", "npy", "npz", "xyz", "off", "dat"]))
def test_noise_is_refused_or_read_but_never_crashes(data: bytes, suffix: str) -> None:
    path = Path(f"noise.{suffix}")
    lists = b"ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\n"
    lists += b"property list uchar int i\nend_header\n"
    binary = lists.replace(b"ascii", b"binary_big_endian")
    starts = {
        "ply": [ply(b"")[:40], ply(b"", form="ascii"), lists, lists + b"0 1 2 0\n3 4 5 ", binary, FACES],
        "npy": [saved(SOME)[:70]],
        "off": [b"OFF", b"OFF\n2 0 0\n0 1 2\n3 4 "],
    }
    for start in [b"", *starts.get(suffix, [])]:
        path.write_bytes(start + data)
        try:
            assert np.isfinite(read_cloud(path).points).all()
        except CloudError as error:
            assert str(error).startswith(f"noise.{suffix}")  # noqa: PT017
