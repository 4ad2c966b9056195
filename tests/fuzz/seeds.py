"""Makes the seeds of `corpus/`, which fuzzing starts from: small files of every kind that a format has.

    .venv/bin/python tests/fuzz/seeds.py        # writes corpus/*/seed-*; findings beside them (found-*) stay

The formats' own libraries write most of them, as they do in tests/fixtures/foreign.py.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from fixtures import foreign  # noqa: E402

POINTS = np.array([[1, 0, 0], [-1.5, 0, 0], [0, 1.25, 0], [0, -0.75, 0], [0, 0, 1], [0.5, 0.25, -1]])
TRIANGLES = np.array([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]])
SET = np.stack([POINTS, POINTS * 0.5 + 1.0])
Seeds = Iterator[tuple[str, bytes]]


def rows(values: np.ndarray, before: str = "", between: str = " ") -> str:
    """Numbers as lines of text."""
    return "".join(f"{before}{between.join(f'{x:g}' for x in row)}\n" for row in values)


def made(suffix: str, write: Callable[..., None], *arguments: object, **settings: object) -> bytes:
    """What a function of `foreign` writes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        write(path, POINTS, TRIANGLES, *arguments, **settings)
        return path.read_bytes()


def ply() -> Seeds:
    """Text and both byte orders; faces behind the vertices and before them; further properties."""
    xyz = "property float x\nproperty float y\nproperty float z\n"
    faces = rows(TRIANGLES, "3 ")
    head = "ply\nformat {} 1.0\ncomment a\n"
    face = f"element face {len(TRIANGLES)}\nproperty list uchar int vertex_indices\n"
    yield "text", (f"{head}element vertex 6\n{xyz}{face}end_header\n{rows(POINTS)}{faces}").format("ascii").encode()
    body = POINTS.astype("<f4").tobytes() + b"".join(struct.pack("<B3i", 3, *t) for t in TRIANGLES)
    yield "little", f"{head}element vertex 6\n{xyz}{face}end_header\n".format("binary_little_endian").encode() + body
    doubles = xyz.replace("float", "double") + "property uchar red\n"
    body = b"".join(struct.pack(">B3i", 3, *t) for t in TRIANGLES)
    body += b"".join(struct.pack(">3dB", *point, 7) for point in POINTS)
    yield "big", f"{head}{face}element vertex 6\n{doubles}end_header\n".format("binary_big_endian").encode() + body


def npy() -> Seeds:
    """One cloud, a set, a set in Fortran order, fields."""
    yield "one", saved(POINTS.astype(np.float32))
    yield "set", saved(SET)
    yield "fortran", saved(np.asfortranarray(SET.transpose(2, 1, 0).astype(">f8")))
    fields = np.zeros(6, [("x", "f4"), ("y", "f4"), ("z", "f4"), ("i", "u1")])
    fields["x"], fields["y"], fields["z"] = POINTS.T
    yield "fields", saved(fields)


def saved(array: np.ndarray) -> bytes:
    """An array as NPY."""
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz() -> Seeds:
    """Stored and deflated, with arrays that are no clouds."""
    for name, write in (("stored", np.savez), ("deflated", np.savez_compressed)):
        stream = io.BytesIO()
        write(stream, scans=SET, faces=TRIANGLES, normals=POINTS.astype(np.float32))
        yield name, stream.getvalue()


def h5() -> Seeds:
    """One dataset; groups, chunks that are packed, attributes and a link."""
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_dataset("s", data=SET, track_times=False)
    yield "plain", stream.getvalue()
    stream = io.BytesIO()
    with h5py.File(stream, "w", libver="latest") as file:
        file.create_dataset("g/a", data=SET.astype("f4"), chunks=(1, 6, 3), compression="gzip", track_times=False)
        file["g"].attrs["unit"] = "mm"
        file["l"] = h5py.SoftLink("/g/a")
    yield "chunks", stream.getvalue()


def xyz() -> Seeds:
    """Bare numbers, titles, a count in front, separators."""
    yield "bare", rows(POINTS).encode()
    yield "titles", ("id,x,y,z\n" + "".join(f"{i},{rows(p[None], between=',')}" for i, p in enumerate(POINTS))).encode()
    yield "counted", f"6\n{rows(np.hstack([POINTS, np.full((6, 1), 9)]))}".encode()
    yield "comments", f"# columns = x,y,z\r\n{rows(POINTS, between=';')}\r\n".encode()


def off() -> Seeds:
    """Faces, and colours."""
    yield "plain", f"OFF\n6 8 0\n{rows(POINTS)}{rows(TRIANGLES, '3 ')}".encode()
    yield "colours", f"COFF # c\n6 0 0\n{rows(np.hstack([POINTS, np.ones((6, 4))]))}".encode()


def obj() -> Seeds:
    """Normals and textures, negative indices, lines that go on."""
    yield "trimesh", made(".obj", foreign.by_trimesh)
    faces = "f 1 2 3 4\nf -1 -2 -3\nf 1//1 \\\n2//1 3//1\nl 1 2\np 1\n"
    yield "odd", f"# c\no a\n{rows(POINTS, 'v ')}vn 0 0 1\nvt 0 0\ng b\n{faces}".encode()


def stl() -> Seeds:
    """Binary and text."""
    yield "binary", made(".stl", foreign.by_trimesh)
    facets = "".join(
        f"facet normal 0 0 1\nouter loop\n{rows(POINTS[t], 'vertex ')}endloop\nendfacet\n" for t in TRIANGLES[:3]
    )
    yield "text", f"solid a\n{facets}endsolid a\n".encode()


def glb() -> Seeds:
    """GLB of trimesh; JSON with its buffer in itself, and a node that turns the mesh."""
    yield "trimesh", made(".glb", foreign.by_trimesh)
    data = POINTS.astype("<f4").tobytes() + TRIANGLES.astype("<u2").tobytes()
    views = [{"buffer": 0, "byteLength": 72}, {"buffer": 0, "byteOffset": 72, "byteLength": 48}]
    accessors = [
        {"bufferView": 0, "componentType": 5126, "count": 6, "type": "VEC3"},
        {"bufferView": 1, "componentType": 5123, "count": 24, "type": "SCALAR"},
    ]
    tree = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "rotation": [0, 0, 0.6, 0.8]}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [
            {"byteLength": 120, "uri": f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"}
        ],
    }
    yield "json", json.dumps(tree).encode()


def threemf() -> Seeds:
    """Of trimesh; and an object that is made of another, which is moved."""
    yield "trimesh", made(".3mf", foreign.by_trimesh)
    vertices = "".join('<vertex x="{:g}" y="{:g}" z="{:g}"/>'.format(*point) for point in POINTS)
    triangles = "".join('<triangle v1="{}" v2="{}" v3="{}"/>'.format(*t) for t in TRIANGLES)
    model = (
        '<model unit="inch" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources>'
        f'<object id="1"><mesh><vertices>{vertices}</vertices><triangles>{triangles}</triangles></mesh></object>'
        '<object id="2"><components><component objectid="1" transform="0 1 0 -1 0 0 0 0 1 5 0 0"/></components>'
        "</object>"
        '</resources><build><item objectid="1"/><item objectid="2"/></build></model>'
    )
    yield "components", packed({"3D/3dmodel.model": model.encode(), "[Content_Types].xml": b"<Types/>"})


def packed(members: dict[str, bytes]) -> bytes:
    """A zip, deflated, without times."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def vtk() -> Seeds:
    """Binary and text, of VTK 9 and of VTK 4."""
    yield "binary", made(".vtk", foreign.by_vtk, SetFileTypeToBinary=())
    yield "text", made(".vtk", foreign.by_vtk, SetFileTypeToASCII=())
    yield "old", made(".vtk", foreign.by_vtk, SetFileVersion=(42,), SetFileTypeToBinary=())


def vtp() -> Seeds:
    """The four ways to write arrays, and one without compression."""
    yield "text", made(".vtp", foreign.by_vtk, SetDataModeToAscii=())
    yield "base64", made(".vtp", foreign.by_vtk, SetDataModeToBinary=())
    yield "raw", made(".vtp", foreign.by_vtk, SetDataModeToAppended=(), EncodeAppendedDataOff=())
    yield "plain", made(".vtp", foreign.by_vtk, SetDataModeToAppended=(), SetCompressorTypeToNone=())


def pcd() -> Seeds:
    """The three ways to write points."""
    for encoding in ("ascii", "binary", "binary_compressed"):
        yield encoding, made(".pcd", foreign.by_pypcd4, encoding)


def las() -> Seeds:
    """Plain and packed."""
    yield "las", made(".las", foreign.by_laspy)
    yield "laz", made(".laz", foreign.by_laspy)


def e57() -> Seeds:
    """Two scans, the second with a pose."""
    yield "scans", made(".e57", foreign.by_pye57)


def zipped() -> Seeds:
    """Files of several formats, in a folder and not."""
    plain, array = dict(ply())["text"], dict(npy())["set"]
    yield "some", packed({"a.ply": plain, "b/c.npy": array, "b/d.xyz": rows(POINTS).encode(), "readme.txt": b"a"})


def stdin() -> Seeds:
    """Packed with gzip: text, arrays, a zip."""
    yield "text", gzip.compress(rows(POINTS).encode(), mtime=0)
    yield "npz", gzip.compress(dict(npz())["stored"], mtime=0)
    yield "zip", gzip.compress(dict(zipped())["some"], mtime=0)


SEEDS: dict[str, Callable[[], Seeds]] = {
    **{make.__name__: make for make in (ply, npy, npz, h5, xyz, off, obj, stl, glb, vtk, vtp, pcd, las, e57, stdin)},
    "3mf": threemf,
    "zip": zipped,
}


def main() -> None:
    """Write all seeds anew."""
    for target, make in SEEDS.items():
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("seed-*"):
            old.unlink()
        for name, data in make():
            (folder / f"seed-{name}").write_bytes(data)


if __name__ == "__main__":
    main()
