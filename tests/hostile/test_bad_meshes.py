"""Bad meshes: OBJ, STL, glTF and 3MF that are cut, lie or lead elsewhere; each is an error that names the file."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.foreign import WRITERS, ball
from fixtures.spoilt import drawn_from_surface, read_spoilt

from qaadcodec.clouds import find_clouds, read_cloud
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


OBJ = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\n"
OBJS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty (0 bytes)"),
    "binary": (b"v 0\0", "is not an OBJ file: it is no text"),
    "no vertices": (b"# nothing\no a\n", "has no vertices"),
    "other text": (b"hello world\n", "line 1 is not understood: 'hello world'"),
    "short": (OBJ + b"v 1 2\n", "vertex 4 (line 5) has 3 of the 4 numbers it needs"),
    "torn": (OBJ * 2 + b"v 1 2 3 4 5 6\n", "vertex 8 (line 9) has 7 columns, and most lines have 4"),
    "word": (OBJ + b"v 1 two 3\n", "vertex 4 (line 5): 'two' is not a number"),
    "cut": (OBJ * 2 + b"v 1 2 1e-", "vertex 8 (line 9): '1e-' is not a number"),
    "cut in fixed decimals": (
        b"v 0.10 0.20 0.30\n" * 5 + b"v 1.00 2.00 3.0",
        "is truncated: it ends within line 6, without a newline",
    ),
    "beyond": (OBJ + b"f 1 2 5\n", "face 0 (line 5) names vertex 4, and there are 0 to 3"),
    "zero": (OBJ + b"f 1 2 3\nf 0 1 2\n", "face 1 (line 6) names vertex -1, and there are 0 to 3"),
    "before": (OBJ + b"f -1 -2 -5\n", "face 0 (line 5) names vertex -1, and there are 0 to 3"),
    "no number": (OBJ + b"\nf 1 2/1 x/1\n", "face 0 (line 6) is not understood: 'f 1 2/1 x/1'"),
    "huge number": (
        OBJ + b"f 1 2 99999999999999999999\n",
        "face 0 (line 5) is not understood: 'f 1 2 99999999999999999999'",
    ),
    "flat": (OBJ + b"f 1 1 2\n", "its faces have no area, so no points can be drawn from them"),
}


@pytest.mark.parametrize("case", OBJS)
def test_obj(case: str) -> None:
    data, message = OBJS[case]
    assert refusal("a.obj", data) == message


def stl(count: int, triangles: int) -> bytes:
    record = struct.pack("<12fH", 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0)
    return bytes(80) + struct.pack("<I", count) + record * triangles


FACET = b"facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n"
STLS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty (0 bytes)"),
    "short": (b"abc", "is not an STL file, or truncated: it has 3 bytes, and a header has 84"),
    "none": (stl(0, 0), "has no triangles"),
    "bomb": (stl(2**32 - 1, 2), "is truncated: 4294967295 triangles need 214748364834 bytes, and it has 184"),
    "cut": (stl(2, 2)[:-1], "is truncated: 2 triangles need 184 bytes, and it has 183"),
    "more": (stl(1, 2), "has 50 bytes more than its 1 triangles need"),
    "text without triangles": (b"solid a\nendsolid a\n", "has no triangles"),
    "text cut": (b"solid a\n" + FACET + FACET[:50], "is truncated: it ends in line 12, before endsolid"),
    "text of two vertices": (
        b"solid a\n" + FACET.replace(b"vertex 1 0 0\n", b"") + b"endsolid\n",
        "line 6 should begin with vertex: 'endloop'",
    ),
    "text word": (
        b"solid a\n" + FACET.replace(b"1 0 0", b"1 o 0") + b"endsolid\n",
        "vertex 1 (line 5): 'o' is not a number",
    ),
    "text else": (b"solid a\nhello\nendsolid\n", "line 2 is not understood: 'hello'"),
}


@pytest.mark.parametrize("case", STLS)
def test_stl(case: str) -> None:
    data, message = STLS[case]
    assert refusal("a.stl", data) == message


def glb(change: Callable[[Any], None] = lambda tree: None, binary: bytes | None = None) -> bytes:
    """A GLB of one triangle whose JSON was changed."""
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4").tobytes() if binary is None else binary
    tree: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "buffers": [{"byteLength": 36}],
    }
    change(tree)
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(points), 0x004E4942) + points
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def changed(path: str, value: Any) -> bytes:
    """A GLB with one value of its JSON, at a path such as "accessors.0.count", replaced or added."""

    def change(tree: Any) -> None:
        *way, last = (int(key) if key.isdigit() else key for key in path.split("."))
        for key in way:
            tree = tree[key]
        tree[last] = value

    return glb(change)


GLBS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty (0 bytes)"),
    "magic": (b"glTF\2", "is truncated: it has 5 bytes, and a header has 20"),
    "version": (glb().replace(b"glTF\2", b"glTF\1", 1), "is of version 1 of glTF, and qaad reads version 2"),
    "cut": (glb()[:-1], f"is truncated: it should have {len(glb())} bytes, and has {len(glb()) - 1}"),
    "more": (glb() + b"1234", f"has 4 bytes more than the {len(glb())} it declares"),
    "damaged": (glb().replace(b'"asset"', b'"asset:'), "is not glTF: its JSON is damaged: "),
    "many": (
        changed("accessors.0.count", 10**12),
        "accessor 0 needs 12000000000000 bytes for 1000000000000 items, and ",
    ),
    "less than none": (changed("accessors.0.count", -1), "accessor 0 needs 12 bytes for -1 items, and its view has 36"),
    "view": (changed("bufferViews.0.byteLength", 999), "view 0 ends at byte 999 of a buffer of 36"),
    "buffer": (
        glb(lambda t: [t["bufferViews"][0].update(byteLength=999), t["buffers"][0].update(byteLength=999)]),
        "is not a whole glTF file: ",
    ),
    "no accessor": (
        changed("meshes.0.primitives.0.attributes.POSITION", 5),
        "is not a whole glTF file: its JSON does not",
    ),
    "sparse": (changed("accessors.0.sparse", {}), "accessor 0 is sparse or has no buffer, which qaad does not read"),
    "fractions": (changed("accessors.0.normalized", True), "accessor 0 has coordinates as fractions of integers"),
    "draco": (
        changed("extensionsRequired", ["KHR_draco_mesh_compression"]),
        "its meshes are compressed with Draco, which",
    ),
    "fans": (changed("meshes.0.primitives.0.mode", 6), "has a mesh of triangle fans, which qaad does not read"),
    "no meshes": (changed("meshes", []), "has no vertices"),
    "nothing shown": (changed("nodes.0", {}), "has no vertices"),
    "loop": (changed("nodes.0.children", [0]), ""),
}


@pytest.mark.parametrize("case", GLBS)
def test_glb(case: str) -> None:
    data, message = GLBS[case]
    if case != "loop":
        assert refusal("a.glb", data).startswith(message)
    else:  # a node that is its own child: whatever comes of it, it ends
        Path("a.glb").write_bytes(data)
        try:
            assert len(read_cloud("a.glb").points) == 3
        except CloudError as error:
            assert str(error).startswith("a.glb: ")  # noqa: PT017


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("gone.bin", "its file 'gone.bin' cannot be read: no such file or directory"),
        ("../secret.bin", "needs '../secret.bin', and qaad reads no files outside of its folder"),
        ("%2e%2e/secret.bin", "needs '%2e%2e/secret.bin', and qaad reads no files outside of its folder"),
        ("/etc/passwd", "needs '/etc/passwd', and qaad reads no files outside of its folder"),
        ("http://127.0.0.1:9/a.bin", "needs 'http://127.0.0.1:9/a.bin', and qaad reads no files outside of its folder"),
        ("link.bin", "'link.bin' leads outside of its folder"),
    ],
)
def test_buffers_come_from_the_folder_alone(uri: str, message: str) -> None:
    Path("secret.bin").write_bytes(bytes(36))
    Path("sub").mkdir()
    Path("sub/link.bin").symlink_to("../secret.bin")
    tree = json.loads(glb()[20:].partition(b"\x24\0\0\0BIN")[0])
    tree["buffers"][0]["uri"] = uri
    assert refusal("sub/a.gltf", json.dumps(tree).encode()) == message


MODEL = (
    '<model xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">'
    '<resources><object id="1"><mesh><vertices>'
    '<vertex x="0" y="0" z="0"/><vertex x="1" y="0" z="0"/><vertex x="0" y="1" z="0"/></vertices><triangles>'
    '<triangle v1="0" v2="1" v3="2"/></triangles></mesh></object></resources>'
    '<build><item objectid="1"/></build></model>'
)


def threemf(model: str = MODEL, name: str = "3D/3dmodel.model") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, model)
    return stream.getvalue()


def nested(depth: int) -> str:
    """Objects that are each made of the one before, twice."""
    twice = [f'<component objectid="{i - 1}"/>' * 2 for i in range(2, depth)]
    made = "".join(f'<object id="{i}"><components>{uses}</components></object>' for i, uses in enumerate(twice, 2))
    return MODEL.replace("</resources>", made + "</resources>").replace(
        'item objectid="1"', f'item objectid="{depth - 1}"'
    )


THREEMFS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty (0 bytes)"),
    "no zip": (b"PK\3\4 and so on", "is not a whole 3MF file: file is not a zip file"),
    "cut": (threemf()[:-30], "is not a whole 3MF file: file is not a zip file"),
    "no model": (threemf(name="a.txt"), "is not a 3MF file: it has no 3d/3dmodel.model"),
    "no attribute": (
        threemf(MODEL.replace(' z="0"/></vertices>', "/></vertices>")),
        "is not a whole 3MF file: an element has no 'z'",
    ),
    "word": (threemf(MODEL.replace('x="1"', 'x="one"')), "object 1: coordinate 3: 'one' is not a number"),
    "beyond": (threemf(MODEL.replace('v3="2"', 'v3="3"')), "object 1: triangle 0 names vertex 3, and there are 0 to 2"),
    "fraction": (threemf(MODEL.replace('v3="2"', 'v3="1.5"')), "object 1: a triangle names a vertex by a fraction"),
    "missing": (
        threemf(MODEL.replace('item objectid="1"', 'item objectid="7"')),
        "object 7 is asked for, and is not there",
    ),
    "transform": (
        threemf(MODEL.replace("item o", 'item transform="1 0" o')),
        "object 1: its transform has 2 numbers of 12",
    ),
    "no build": (threemf(MODEL.replace('<item objectid="1"/>', "")), "has no vertices"),
    "damaged": (threemf(MODEL[:-20]), "3d/3dmodel.model: is truncated or damaged: line 1 of its XML: "),
    "entities": (
        threemf('<!DOCTYPE a [<!ENTITY b "c">]>' + MODEL),
        "3d/3dmodel.model: line 1 has a document type, which",
    ),
    "bomb": (threemf(MODEL + " " * (40 << 20)), "claims 41943"),
    "itself": (threemf(nested(200)), "its objects are made of each other without end"),
    "exponential": (threemf(nested(40)), "its objects are made of each other without end"),
}


@pytest.mark.parametrize("case", THREEMFS)
def test_3mf(case: str) -> None:
    data, message = THREEMFS[case]
    assert message in refusal("a.3mf", data)


@pytest.mark.parametrize("suffix", [".obj", ".stl", ".glb", ".3mf"])
def test_whatever_is_cut_or_changed_is_a_cloud_or_an_error_with_the_file(suffix: str, tmp_path: Path) -> None:
    WRITERS[suffix](tmp_path / f"whole{suffix}", *ball())
    data = (tmp_path / f"whole{suffix}").read_bytes()
    read_spoilt(Path(f"a{suffix}"), data, drawn_from_surface)
