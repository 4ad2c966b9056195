"""Small cloud files that ask for much work: each is refused, or takes no more than what it is asked for justifies.

That what should be linear is quadratic shows as a test that does not come to its end.
"""

from __future__ import annotations

import copy
import io
import json
import lzma
import os
import re
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from fixtures.foreign import WRITERS, ball

from qaadcodec.clouds import find_clouds, opening, packed, read_cloud, write_cloud
from qaadcodec.errors import CloudError

MIB = 1 << 20
TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal(path: str, data: bytes) -> str:
    """What is said of a file, for which not more than 24 MiB were taken."""
    Path(path).write_bytes(data)
    tracemalloc.start()
    with pytest.raises(CloudError) as caught:
        find_clouds([path])[0].on_surface(9, 0).load()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 * MIB, peak
    return str(caught.value).removeprefix(f"{path}: ")


def lying_zip(name: str, data: bytes, claimed: int, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of one member that unpacks to more than its directory says."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as package:
        package.writestr(name, data)
    return stream.getvalue().replace(struct.pack("<I", len(data)), struct.pack("<I", claimed))


@pytest.mark.parametrize(("method", "called"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")])
def test_members_are_stored_or_deflated(method: int, called: str) -> None:
    """Python unpacks the others as far as they go, whatever their size is said to be."""
    said = f"is packed with {called}, and qaad reads stored and deflated members"
    bomb = bytes(4 * MIB)
    assert refusal("a.npz", lying_zip("a.npy", bomb, 1000, method)) == f"a.npy: {said}"
    assert refusal("a.3mf", lying_zip("3D/3dmodel.model", bomb, 1000, method)) == f"3D/3dmodel.model: {said}"


def test_members_are_unpacked_no_farther_than_they_are_said_to_go() -> None:
    said = refusal("a.3mf", lying_zip("3D/3dmodel.model", b" " * (64 * MIB), 1000))
    assert said.startswith("is not a whole 3MF file: bad crc-32")


def test_headers_of_npy_are_short() -> None:
    head = b"\x93NUMPY\x02\x00" + struct.pack("<I", 1 << 31)
    said = "is not a whole NPY file: its header of 2147483648 bytes is too long"
    assert refusal("a.npy", head + bytes(100)) == said
    assert refusal("a.npz", lying_zip("a.npy", head + b" " * (64 * MIB), 1 << 31)).removeprefix("a.npz::a: ") == said


def gltf(count: int, nodes: int, primitives: int = 1, *, uri: str = "") -> bytes:
    """A GLB of a mesh that uses the same numbers so often, and that so many nodes show."""
    points = np.zeros((count, 3), "<f4").tobytes()
    primitive = {"attributes": {"POSITION": 0}}
    tree = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": list(range(nodes))}],
        "nodes": [{"mesh": 0}] * nodes,
        "meshes": [{"primitives": [primitive] * primitives}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": count, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": len(points)}],
        "buffers": [{"byteLength": len(points)} | ({"uri": uri} if uri else {})],
    }
    text = json.dumps(tree).encode()
    if uri:
        return text
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(points), 0x004E4942) + points
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


@pytest.mark.parametrize(("nodes", "primitives"), [(900, 1), (1, 900)])
def test_a_scene_shows_its_meshes_so_often(nodes: int, primitives: int) -> None:
    said = refusal("a.glb", gltf(9000, nodes, primitives))
    assert said.startswith("shows its meshes so often that they take 259200000 bytes, and in ")
    few = gltf(9000, min(nodes, 40), min(primitives, 40))
    Path("a.glb").write_bytes(few)
    assert len(find_clouds(["a.glb"])[0]._contents(find_clouds(["a.glb"])[0]._format()).values) == 360_000


def test_the_buffer_of_a_scene_is_a_file() -> None:
    os.mkfifo("p.bin")
    assert refusal("a.gltf", gltf(3, 1, uri="p.bin")) == "its file 'p.bin' is a pipe"
    Path("b.bin").write_bytes(bytes(9000 * 12))
    assert refusal("a.gltf", gltf(9000, 900, uri="b.bin")).startswith("shows its meshes so often that they take ")


def model(vertices: int, triangles: int, shown: int) -> bytes:
    spelt = "".join(f'<vertex x="{i}" y="0" z="0"/>' for i in range(vertices))
    faces = '<triangle v1="0" v2="0" v3="0"/>' * triangles
    mesh = f'<object id="1"><mesh><vertices>{spelt}</vertices><triangles>{faces}</triangles></mesh></object>'
    uses = '<item objectid="1"/>' * shown
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("3D/3dmodel.model", f"<model><resources>{mesh}</resources><build>{uses}</build></model>")
    return stream.getvalue()


@pytest.mark.parametrize(("vertices", "triangles"), [(2000, 0), (1, 3000)])
def test_objects_are_shown_so_often(vertices: int, triangles: int) -> None:
    said = refusal("a.3mf", model(vertices, triangles, 9000))
    assert said.startswith("shows its meshes so often that they take ")


def test_parts_that_overlap() -> None:
    """Many names for the same packed bytes, each of which would be parsed."""
    data = model(2000, 0, 1)
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a") as package:
        (info,) = package.infolist()
        for i in range(9):
            package.filelist.append(again := copy.copy(info))
            again.filename = f"3D/{i}.model"
        package._didModify = True  # type: ignore[attr-defined]
    said = refusal("a.3mf", stream.getvalue())
    assert "they overlap" in said


def vtp(pieces: int, appended: bytes, file: str, offset: int = 0, count: int = 3) -> bytes:
    array = f'<DataArray type="Float32" format="appended" offset="{offset}"/>'
    piece = f'<Piece NumberOfPoints="{count}"><Points>{array}</Points></Piece>'
    head = f'<VTKFile type="PolyData" header_type="UInt64" {file}><PolyData>{piece * pieces}</PolyData>'
    return f'{head}<AppendedData encoding="raw">_'.encode() + appended + b"</AppendedData></VTKFile>"


def test_pieces_that_lie_in_the_same_place() -> None:
    points = bytes(12 * 9000)
    said = refusal("a.vtp", vtp(500, struct.pack("<Q", len(points)) + points, "", count=9000))
    assert said.startswith("claims 16848000 bytes in ")


def test_blocks_of_nothing() -> None:
    blocks = 9000
    data = struct.pack(f"<3Q{blocks}Q", blocks, 0, 36, *[0] * blocks)
    said = refusal("a.vtp", vtp(500, data, 'compressor="vtkZLibDataCompressor"'))
    assert said == "array 'points' has 9000 blocks for 36 bytes"


def test_lzma_takes_no_dictionary_of_a_gibibyte() -> None:
    part = bytearray(lzma.compress(TRIANGLE.tobytes(), lzma.FORMAT_ALONE))
    part[1:5] = struct.pack("<I", 1 << 30)
    data = struct.pack("<4Q", 1, 36, 0, len(part)) + part
    assert refusal("a.vtp", vtp(1, data, 'compressor="vtkLZMADataCompressor"')).startswith(
        "array 'points' is truncated or damaged: Memory usage limit"
    )


def test_cells_that_are_counted() -> None:
    head = b"# vtk DataFile Version 4.2\ntitle\nASCII\nDATASET POLYDATA\nPOINTS 3 float\n0 0 0 1 0 0\n0 1 0\n"
    said = refusal("a.vtk", head + b"POLYGONS 999999999999999 4\n3 0 1 2\n")
    assert said == "line 8 counts 999999999999999 cells in 4 numbers, and each takes one or more"


def test_a_line_that_goes_on_and_on() -> None:
    lines = 500_000
    Path("a.obj").write_bytes(b"v 0 0 \\\n" + b"\\\n" * lines + b"1\nv 1 0 0\nv 0 1 0\n")
    assert len(read_cloud("a.obj")) == 3


def test_lzf_packs_no_better_than_clouds() -> None:
    head = "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 2000000\nHEIGHT 1\nPOINTS 2000000\n"
    said = refusal("a.pcd", f"{head}DATA binary_compressed\n".encode() + bytes(300_000))
    assert said == "claims 24000000 bytes in 299992, and may claim 16777216"


@pytest.mark.parametrize("suffix", [each for each in (".laz", ".e57") if each in WRITERS])
def test_scans_pack_no_better_than_clouds(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    WRITERS[suffix](Path(f"a{suffix}"), *ball())
    data = Path(f"a{suffix}").read_bytes()
    monkeypatch.setattr(packed, "ROOM", 0)
    monkeypatch.setattr(packed, "MOST", 0)
    assert re.fullmatch(f"claims [0-9]+ bytes in {len(data)}, and may claim 0", refusal(f"a{suffix}", data))


@pytest.mark.parametrize("suffix", [".xyz", ".off", ".obj", ".stl", ".glb", ".vtk", ".vtp", ".pcd", "text.ply"])
def test_what_is_read_as_a_whole_has_a_bound(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(f"a{suffix}")
    if suffix == "text.ply":
        path.write_text("ply\nformat ascii 1.0\nelement vertex 40\nproperty float x\nproperty float y\n"
                        "property float z\nend_header\n" + "0 0 1\n" * 40, encoding="utf-8")  # fmt: skip
    elif suffix == ".stl":
        facet = "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n"
        path.write_text(f"solid a\n{facet * 3}endsolid a\n", encoding="utf-8")
    elif suffix in WRITERS:
        WRITERS[suffix](path, *ball())
    else:
        write_cloud(path, np.random.default_rng(0).normal(size=(40, 3)), suffix[1:])
    monkeypatch.setattr(opening, "MOST", 99)
    with pytest.raises(CloudError, match=r"is read as a whole, and of its [0-9]+ bytes 99 can be$"):
        read_cloud(path)
