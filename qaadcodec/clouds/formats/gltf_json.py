"""The JSON of a glTF file, and what is checked of it before trimesh reads the file."""

from __future__ import annotations

import contextlib
import json
import struct
from collections.abc import Iterator
from typing import Any

from qaadcodec.clouds.formats.scene import check_shown
from qaadcodec.errors import CloudError

MAGIC = b"glTF"
_JSON = 0x4E4F534A
_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}  # of a number, by its componentType
_NUMBERS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_FAN, _MODES = 6, 7
_PLAIN = "export it again without compression"
# Extensions that change what vertices are, or where they are.
_CHANGES = {
    "KHR_draco_mesh_compression": ("compressed with Draco", _PLAIN),
    "EXT_meshopt_compression": ("compressed with meshoptimizer", _PLAIN),
    "KHR_meshopt_compression": ("compressed with meshoptimizer", _PLAIN),
    "EXT_mesh_gpu_instancing": ("repeated by EXT_mesh_gpu_instancing", "export it again with a mesh for each"),
}


def json_of_glb(data: bytes, label: str) -> Any:
    """The JSON chunk of a GLB file; CloudError if the file is not as long as it says, or the chunk is no JSON."""
    if len(data) < 20:
        raise CloudError(f"{label}: is truncated: it has {len(data)} bytes, and a header has 20")
    _, version, length, chunk, kind = struct.unpack_from("<4s4I", data)
    if version != 2:
        raise CloudError(f"{label}: is of version {version} of glTF, and qaad reads version 2")
    if length > len(data):
        raise CloudError(f"{label}: is truncated: it should have {length} bytes, and has {len(data)}")
    if length < len(data):
        raise CloudError(f"{label}: has {len(data) - length} bytes more than the {length} it declares")
    if kind != _JSON or 20 + chunk > length:
        raise CloudError(f"{label}: is not a whole GLB file: it does not begin with a chunk of JSON")
    return parsed(data[20 : 20 + chunk], label)


def parsed(text: bytes, label: str) -> Any:
    """JSON as Python's dicts and lists; CloudError if it is none."""
    try:
        return json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CloudError(f"{label}: is not glTF: its JSON is damaged: {str(error).splitlines()[0]}") from error


def files_of(tree: Any, label: str) -> list[str]:
    """The files that buffers are in, as the JSON names them; CloudError if it does not add up."""
    with _adding_up(label):
        names = [str(buffer.get("uri", "")) for buffer in tree.get("buffers", [])]
        return [name for name in dict.fromkeys(names) if name and not name.startswith("data:")]


def check(tree: Any, size: int, label: str) -> tuple[str, ...]:
    """Refuse what trimesh would misread or take too much memory for; and the names of what is not kept.

    trimesh reads sparse accessors, extensions that it does not know and normalised integers as if they were not there,
    and leaves triangle fans out.

    Args:
        size: bytes of the file and of those that its buffers are in.

    Raises:
        CloudError: the file has one of these, an accessor is not in its buffer, or meshes are used too often.
    """
    with _adding_up(label):
        dropped = _check(tree, label)
        _check_shown(tree, size, label)
        return dropped


@contextlib.contextmanager
def _adding_up(label: str) -> Iterator[None]:
    """What is not there in the JSON, or is of another kind, as a CloudError."""
    try:
        yield
    except CloudError:
        raise
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError) as error:
        why = f"{type(error).__name__} {error}"
        raise CloudError(f"{label}: is not a whole glTF file: its JSON does not add up ({why})") from error


def _check(tree: Any, label: str) -> tuple[str, ...]:
    used = {*tree.get("extensionsUsed", ()), *tree.get("extensionsRequired", ())}
    for name, (what, hint) in _CHANGES.items():
        if name in used:
            raise CloudError(f"{label}: its meshes are {what}, which qaad does not read", hint=hint)
    accessors, attributes = tree.get("accessors", []), set()
    for mesh in tree.get("meshes", []):
        for primitive in mesh["primitives"]:
            if primitive.get("mode", 4) == _FAN or not 0 <= primitive.get("mode", 4) < _MODES:
                raise CloudError(f"{label}: has a mesh of triangle fans, which qaad does not read")
            attributes |= set(primitive["attributes"])
            for i, kind in ((primitive["attributes"]["POSITION"], "VEC3"), (primitive.get("indices"), "SCALAR")):
                if i is not None:
                    _check_accessor(accessors[i], i, kind, label)
    for i, accessor in enumerate(accessors):
        _check_size(tree, accessor, i, label)
    kinds = {"NORMAL": "normals", "COLOR_0": "colours", "TEXCOORD_0": "texture coordinates", "JOINTS_0": "joints"}
    materials = ("materials",) if tree.get("materials") else ()
    return (*(what for name, what in kinds.items() if name in attributes), *materials)


def _check_shown(tree: Any, size: int, label: str) -> None:
    """Refuse meshes that use the same numbers, and nodes that show the same meshes, too often."""
    sizes = []  # of each mesh: vertices, and corners
    for mesh in tree.get("meshes", []):
        used = [(p["attributes"]["POSITION"], p.get("indices")) for p in mesh["primitives"]]
        counts = [[0 if i is None else int(tree["accessors"][i]["count"]) for i in both] for both in used]
        sizes.append((sum(vertices for vertices, _ in counts), sum(corners or n for n, corners in counts)))
    used_by = [node["mesh"] for node in tree.get("nodes", []) if "mesh" in node]
    shown = [sizes[mesh] for mesh in used_by if mesh < len(sizes)]
    for meshes in (sizes, shown):
        check_shown(sum(vertices for vertices, _ in meshes), sum(corners for _, corners in meshes), size, label)


def _check_accessor(accessor: Any, i: int, kind: str, label: str) -> None:
    """Refuse coordinates and indices that are not simply numbers of that kind in a buffer."""
    if accessor["type"] != kind:
        raise CloudError(f"{label}: accessor {i} is {accessor['type']}, and coordinates are VEC3, indices SCALAR")
    if "sparse" in accessor or "bufferView" not in accessor:
        raise CloudError(f"{label}: accessor {i} is sparse or has no buffer, which qaad does not read", hint=_PLAIN)
    if accessor.get("normalized"):
        raise CloudError(f"{label}: accessor {i} has coordinates as fractions of integers", hint=_PLAIN)


def _check_size(tree: Any, accessor: Any, i: int, label: str) -> None:
    """Refuse an accessor that claims more bytes than its view has, or its view than the buffer."""
    count, item = int(accessor["count"]), _BYTES[accessor["componentType"]] * _NUMBERS[accessor["type"]]
    if "bufferView" not in accessor:
        raise CloudError(f"{label}: accessor {i} has no buffer, which qaad does not read", hint=_PLAIN)
    view = tree["bufferViews"][accessor["bufferView"]]
    needed = int(accessor.get("byteOffset", 0)) + max(count - 1, 0) * int(view.get("byteStride", item)) + item
    if count < 0 or needed > int(view["byteLength"]):
        raise CloudError(
            f"{label}: accessor {i} needs {needed} bytes for {count} items, and its view has {view['byteLength']}"
        )
    end = int(view.get("byteOffset", 0)) + int(view["byteLength"])
    if end > (there := int(tree["buffers"][view["buffer"]]["byteLength"])):
        raise CloudError(f"{label}: view {accessor['bufferView']} ends at byte {end} of a buffer of {there}")
