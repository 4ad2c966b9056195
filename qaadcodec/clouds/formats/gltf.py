"""glTF 2.0 files, GLB and .gltf: the meshes of a scene as one cloud, in metres. trimesh reads them.

Materials and textures are never opened. The buffers of a .gltf file are read if they are in its folder or below, and
never from anywhere else.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import numpy as np

from qaadcodec.clouds.cloud import Unit
from qaadcodec.clouds.formats.extra import faults, library
from qaadcodec.clouds.formats.gltf_json import MAGIC, check, files_of, json_of_glb, parsed
from qaadcodec.clouds.formats.polygons import fans
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.formats.scene import Mesh, as_one
from qaadcodec.clouds.opening import Place, read_whole, special
from qaadcodec.errors import CloudError
from qaadcodec.files import reason


def read(place: Place) -> Contents:
    """The vertices of all meshes and point clouds of the scene, (M, 3), where its nodes put them.

    They are float32 where no node moves a mesh, and float64 otherwise. Vertices are those of the file, which has
    several at a place where normals or texture coordinates have edges.

    Raises:
        CloudError: trimesh is not installed; the file is damaged, truncated or not of version 2, has no vertices,
            compressed or sparse ones, or needs a file that is missing or is not in its folder.
    """
    label = place.label
    with place.opened() as stream:
        data = read_whole(stream, label)
    if not data:
        raise CloudError(f"{label}: is empty (0 bytes)")
    binary = data.startswith(MAGIC)
    tree = json_of_glb(data, label) if binary else parsed(data, label)
    if not isinstance(tree, dict) or "asset" not in tree:
        raise CloudError(f"{label}: is not glTF: its JSON has no asset")
    beside = _Beside(place, label)
    dropped = check(tree, len(data) + sum(map(beside.size, files_of(tree, label))), label)
    trimesh = library("trimesh", label)
    with faults(label, "glTF"):
        scene = trimesh.load_scene(
            io.BytesIO(data),
            file_type="glb" if binary else "gltf",
            resolver=beside,
            skip_materials=True,
            process=False,
        )
        meshes = _meshes(scene, label)
    whole = as_one(meshes, label)
    vertices = whole.vertices if whole.moved else whole.vertices.astype(np.float32)  # trimesh has doubles of all
    if not len(whole.triangles):
        return Contents(vertices, dropped)
    return Contents(vertices, (*dropped, "faces"), triangles=lambda: whole.triangles)


def _meshes(scene: Any, label: str) -> list[Mesh]:
    """The meshes and point clouds of a scene of trimesh, each as often as a node shows it; its lines are left out."""
    meshes = []
    for node in scene.graph.nodes_geometry:
        matrix, name = scene.graph[node]
        geometry = scene.geometry[name]
        if hasattr(geometry, "entities"):
            continue
        faces = np.asarray(getattr(geometry, "faces", np.zeros((0, 3), np.int64)))
        lengths = np.full(len(faces), 3)
        triangles = fans(lengths, faces.ravel(), len(geometry.vertices), partial(_face, f"{label}: mesh {name!r}"))
        stays = np.array_equal(matrix, np.eye(4))
        meshes.append(Mesh(np.asarray(geometry.vertices), triangles, None if stays else np.asarray(matrix)))
    return meshes


def _face(mesh: str, i: int) -> str:
    return f"{mesh}: face {i}"


class _Beside:
    """The files beside a .gltf file, by the names that it has for them: what trimesh asks for buffers."""

    def __init__(self, place: Place, label: str) -> None:
        self._folder = place.file.parent if isinstance(place.file, Path) and not place.inner else None
        self._label = label

    def get(self, name: str) -> bytes:
        """The bytes of a file; CloudError if it is missing, no file, or not below the folder."""
        with self._found(name) as path:
            return path.read_bytes()

    def size(self, name: str) -> int:
        """How many bytes it has; CloudError as for `get`."""
        with self._found(name) as path:
            return path.stat().st_size

    @contextlib.contextmanager
    def _found(self, name: str) -> Iterator[Path]:
        path = PurePosixPath(unquote(str(name)))
        if self._folder is None:
            raise CloudError(f"{self._label}: needs the file {name[:80]!r}, and comes alone: by pipe or URL, or packed")
        if path.is_absolute() or ".." in path.parts or "\\" in str(path) or ":" in str(path):
            raise CloudError(f"{self._label}: needs {name[:80]!r}, and qaad reads no files outside of its folder")
        beside = self._folder / path
        try:
            if not beside.resolve().is_relative_to(self._folder.resolve()):
                raise CloudError(f"{self._label}: {name[:80]!r} leads outside of its folder")
            if what := special(beside):
                raise CloudError(f"{self._label}: its file {name[:80]!r} is a {what}")
            yield beside
        except OSError as error:
            raise CloudError(f"{self._label}: its file {name[:80]!r} cannot be read: {reason(error)}") from error

    def __getitem__(self, name: str) -> bytes:
        return self.get(name)


def sniff(start: bytes) -> bool:
    """Whether a file that begins so may be a .gltf file: JSON that has an asset early on."""
    return start.lstrip()[:1] == b"{" and b'"asset"' in start


FORMAT = CloudFormat(
    name="glb",
    suffixes=(".glb", ".gltf"),
    signatures=(MAGIC,),
    sniff=sniff,
    unit=Unit("vertex", "vertices"),
    read=read,
)
