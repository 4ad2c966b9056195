"""Bad VTK and VTP files: each is an error that names the file and what does not add up."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path

import pytest
from fixtures.foreign import ball, by_vtk
from fixtures.spoilt import drawn_from_surface, read_spoilt

from qaadcodec.clouds import find_clouds
from qaadcodec.errors import CloudError


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal(path: str, data: bytes) -> str:
    Path(path).write_bytes(data)
    with pytest.raises(CloudError) as caught:
        find_clouds([path])[0].on_surface(9, 0).load()
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value).removeprefix(f"{path}: ")


HEAD = b"# vtk DataFile Version 4.2\ntitle\nASCII\nDATASET POLYDATA\n"
POINTS = HEAD + b"POINTS 3 float\n0 0 0 1 0 0\n0 1 0\n"
BINARY = HEAD.replace(b"ASCII", b"BINARY")
VTKS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty (0 bytes)"),
    "other": (b"hello", "is not a legacy VTK file; it does not begin with '# vtk DataFile Version '"),
    "kind": (HEAD.replace(b"ASCII", b"YAML"), "line 3 should be ASCII or BINARY: 'YAML'"),
    "grid": (HEAD.replace(b"POLYDATA", b"RECTILINEAR_GRID"), "has no points of its own: 'DATASET RECTILINEAR_GRID'"),
    "none": (HEAD, "has no points"),
    "zero": (HEAD + b"POINTS 0 float\n", "has no points"),
    "type": (HEAD + b"POINTS 1 quad\n0 0 0\n", "line 5 should name a type of numbers: 'POINTS 1 quad'"),
    "count": (HEAD + b"POINTS -1 float\n", "line 5 should count something: 'POINTS -1 float'"),
    "bomb": (
        HEAD + b"POINTS 99999999999 float\n0 0 0\n",
        "is truncated: 299999999997 numbers need 599999999993 bytes, and ",
    ),
    "binary bomb": (
        BINARY + b"POINTS 99999999999 double\n1234",
        "is truncated: 299999999997 numbers need 2399999999976 bytes",
    ),
    "cut": (POINTS[:-6], "is truncated: 9 numbers need 17 bytes, and there are 12"),
    "cut at the end": (
        POINTS.replace(b"0 1 0\n", b"0.1 1.25"),
        "is truncated: 9 numbers should follow, and there are 8",
    ),
    "more": (HEAD + b"POINTS 1 float\n0 0 0 1\n", "3 numbers should follow, and there are 4"),
    "word": (HEAD + b"POINTS 1 float\n0 o 0\n", "number 1 behind line 5: 'o' is not a number"),
    "else": (POINTS + b"POLYGON 1 2\n", "line 8 is not understood: 'POLYGON 1 2'"),
    "cells": (POINTS + b"POLYGONS 2 4\n3 0 1 2\n", "cell 1 of 2 does not fit into the 4 numbers of its section"),
    "cells more": (POINTS + b"POLYGONS 1 5\n3 0 1 2 0\n", "1 cells take 4 of the 5 numbers of their section"),
    "beyond": (POINTS + b"POLYGONS 1 4\n3 0 1 3\n", "face 0 names vertex 3, and there are 0 to 2"),
    "offsets": (
        POINTS + b"POLYGONS 2 3\nOFFSETS vtktypeint64\n0 9\nCONNECTIVITY vtktypeint64\n0 1 2\n",
        "the offsets of its cells do not add up to their 3 corners",
    ),
}


@pytest.mark.parametrize("case", VTKS)
def test_vtk(case: str) -> None:
    data, message = VTKS[case]
    assert refusal("a.vtk", data).startswith(message)


def vtp(
    points: str = "0 0 0 1 0 0 0 1 0", form: str = "ascii", count: object = 3, file: str = "", behind: str = ""
) -> bytes:
    return (
        f'<VTKFile type="PolyData" {file}><PolyData><Piece NumberOfPoints="{count}" NumberOfPolys="1"><Points>'
        f'<DataArray type="Float32" NumberOfComponents="3" {form if "=" in form else f"format={form!r}"}>{points}'
        '</DataArray></Points><Polys><DataArray type="Int64" Name="connectivity" format="ascii">0 1 2</DataArray>'
        '<DataArray type="Int64" Name="offsets" format="ascii">3</DataArray></Polys></Piece></PolyData>'
        f"{behind}</VTKFile>"
    ).encode()


def coded(*parts: bytes) -> str:
    return "".join(base64.b64encode(part).decode() for part in parts)


NINE = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
PACKED = zlib.compress(NINE)
ZLIB = 'compressor="vtkZLibDataCompressor"'
VTPS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty (0 bytes)"),
    "not xml": (b"hello", "is truncated or damaged: line 1 of its XML: "),
    "cut": (vtp()[:-30], "is truncated or damaged: line 1 of its XML: "),
    "grid": (vtp().replace(b"PolyData", b"UnstructuredGrid"), "is not polygonal data of VTK, but 'UnstructuredGrid'"),
    "entities": (b'<!DOCTYPE a [<!ENTITY b "c">]>' + vtp(), "line 1 has a document type, which no such file needs"),
    "count": (vtp(count="-3"), "NumberOfPoints should be a number: '-3'"),
    "bomb": (vtp(count=10**12), "array 'points' has 9 of 3000000000000 numbers"),
    "none": (vtp(count=0), "has no points"),
    "word": (vtp("0 0 0 1 o 0 0 1 0"), "array 'points', number 4: 'o' is not a number"),
    "beyond": (vtp().replace(b">0 1 2<", b">0 1 3<"), "face 0 names vertex -1, and there are 0 to 2"),
    "offsets": (vtp().replace(b">3<", b">-3<"), "array 'connectivity' has 3 of -3 numbers"),
    "no offsets": (
        vtp().replace(b'"offsets"', b'"other"'),
        "counts 1 faces, and has no offsets or connectivity for them",
    ),
    "type": (vtp().replace(b"Float32", b"String"), "array 'points' is of type 'String', which holds no numbers"),
    "order": (vtp(file='byte_order="Middle"'), "has a byte order or header type that is not known"),
    "base64": (vtp("!!!!", "binary"), "array 'points' is truncated or damaged: "),
    "base64 cut": (vtp(coded(struct.pack("<I", 36) + NINE)[:-8], "binary"), "array 'points' is truncated: it has "),
    "size": (vtp(coded(struct.pack("<I", 35) + NINE), "binary"), "array 'points' has 35 bytes, and should have 36"),
    "packed": (vtp(coded(struct.pack("<4I", 1, 36, 36, 9), PACKED), "binary", file=ZLIB), "array 'points' "),
    "packed sizes": (
        vtp(coded(struct.pack("<4I", 1, 36, 12, len(PACKED)), PACKED), "binary", file=ZLIB),
        "array 'points' has 12 bytes, and should have 36",
    ),
    "packed blocks": (
        vtp(coded(struct.pack("<4I", 2**31, 36, 36, 9), PACKED), "binary", file=ZLIB),
        "array 'points' is truncated: it counts 2147483648 blocks in ",
    ),
    "packed bomb": (
        vtp(coded(struct.pack("<4I", 1, 12 << 26, 0, len(PACKED)), PACKED), "binary", count=1 << 26, file=ZLIB),
        "claims 805306368 bytes in ",
    ),
    "appended": (vtp(form='format="appended" offset="0"'), "array 'points' is truncated or damaged: "),
    "appended raw": (
        vtp(
            form='format="appended" offset="0"',
            behind='<AppendedData encoding="raw">_\x24' + "\0" * 9 + "</AppendedData>",
        ),
        "array 'points' is truncated: it has 6 of 36 bytes",
    ),
    "appended cut": (
        vtp(behind='<AppendedData encoding="raw">_ab'),
        "is truncated: its appended data has no beginning ",
    ),
}


@pytest.mark.parametrize("case", VTPS)
def test_vtp(case: str) -> None:
    data, message = VTPS[case]
    assert refusal("a.vtp", data).startswith(message)


@pytest.mark.parametrize("suffix", [".vtk", ".vtp"])
def test_whatever_is_cut_or_changed_is_a_cloud_or_an_error_with_the_file(suffix: str, tmp_path: Path) -> None:
    by_vtk(tmp_path / f"whole{suffix}", *ball())
    data = (tmp_path / f"whole{suffix}").read_bytes()
    read_spoilt(Path(f"a{suffix}"), data, drawn_from_surface)
