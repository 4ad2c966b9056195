"""3MF files: the objects that the build of the model asks for, in its unit ("3D Manufacturing Format", core 1.3).

They are parsed here: trimesh needs lxml for them, and follows objects made of objects without end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.clouds.cloud import Unit
from qaadcodec.clouds.formats.polygons import fans
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.formats.rows import number
from qaadcodec.clouds.formats.scene import Mesh, as_one, check_shown
from qaadcodec.clouds.formats.xml_parts import parse
from qaadcodec.clouds.opening import Place, remaining
from qaadcodec.clouds.packed import check_claim
from qaadcodec.clouds.zipped import check_packing
from qaadcodec.errors import CloudError

if TYPE_CHECKING:
    import zipfile  # imported when a 3MF is opened, because most formats do without it

_MODEL = "3D/3dmodel.model"
_TYPES = "[Content_Types].xml"  # every package of the kind has it (Open Packaging Conventions)
_DEEPEST = 64  # objects within objects
_MOST_SHOWN = 1 << 16  # times that objects are shown
_STAYS = "1 0 0 0 1 0 0 0 1 0 0 0"


@dataclass(slots=True)
class _Object:
    """An object: numbers of its vertices and triangles as they are spelt, and the objects that it is made of.

    Attributes:
        mesh: the vertices and triangles themselves, once it has been shown.
    """

    numbers: list[str] = field(default_factory=list)
    corners: list[str] = field(default_factory=list)
    components: list[_Use] = field(default_factory=list)
    mesh: Mesh | None = None


@dataclass(frozen=True, slots=True)
class _Use:
    """An object, by part and id, as it is put into another or into the build."""

    part: str
    id: str
    transform: str


def read(place: Place) -> Contents:
    """The vertices, (M, 3) float64, of all objects of the build in its unit: by default millimetres.

    Raises:
        CloudError: the file is no whole 3MF, unpacks to more than 32 times its size, or its XML does not add up:
            numbers that are none, objects that are missing or made of themselves, no vertices.
    """
    import zipfile

    label = place.label
    with place.opened() as stream:
        if not (size := remaining(stream)):
            raise CloudError(f"{label}: is empty (0 bytes)")
        try:
            with zipfile.ZipFile(stream) as package:
                model = _Model(package, size, label)
                return model.contents()
        except (CloudError, MemoryError):
            raise
        except KeyError as error:
            raise CloudError(f"{label}: is not a whole 3MF file: an element has no {error}") from error
        except Exception as error:  # zipfile and each of the ways to compress have their own
            raise CloudError(f"{label}: is not a whole 3MF file: {str(error).lower()}") from error


class _Model:
    """The objects of a package, part by part as they are asked for."""

    def __init__(self, package: zipfile.ZipFile, size: int, label: str) -> None:
        self._package, self._size, self._label = package, size, label
        self._parts: dict[str, dict[str, _Object]] = {}
        self._build: list[_Use] = []
        self._shown = self._vertices = self._corners = 0
        self._members = {info.filename.lower().strip("/"): info for info in package.infolist()}
        packed = sum(info.compress_size for info in self._members.values())
        if packed > size:
            raise CloudError(f"{label}: its parts claim {packed} packed bytes, and it has {size}: they overlap")
        check_claim(sum(info.file_size for info in self._members.values()), size, label)

    def contents(self) -> Contents:
        """The meshes of the build as one."""
        self._part(_MODEL.lower(), build=True)
        meshes: list[Mesh] = []
        for use in self._build:
            self._show(use, np.eye(4), meshes, 0)
        whole = as_one(meshes, self._label)
        return Contents(whole.vertices, ("faces",), triangles=lambda: whole.triangles)

    def _show(self, use: _Use, matrix: Doubles, meshes: list[Mesh], depth: int) -> None:
        """Add the meshes of an object and of those that it is made of."""
        self._shown += 1
        if depth > _DEEPEST or self._shown > _MOST_SHOWN:
            raise CloudError(f"{self._label}: its objects are made of each other without end")
        where = f"{self._label}: object {use.id}"
        found = self._part(use.part).get(use.id)
        if found is None:
            raise CloudError(f"{where} is asked for, and is not there")
        whole = matrix @ _matrix(use.transform, where)
        self._vertices += len(found.numbers) // 3
        self._corners += len(found.corners)
        check_shown(self._vertices, self._corners, self._size, self._label)
        if found.numbers:
            found.mesh = found.mesh or _mesh(found, where)
            stays = np.array_equal(whole, np.eye(4))
            meshes.append(found.mesh if stays else found.mesh._replace(matrix=whole))
        for component in found.components:
            self._show(component, whole, meshes, depth + 1)

    def _part(self, name: str, *, build: bool = False) -> dict[str, _Object]:
        """The objects of a part by their ids; of the first, the build is kept."""
        if name in self._parts:
            return self._parts[name]
        objects = self._parts[name] = {}
        current = _Object()

        def start(element: str, given: dict[str, str]) -> None:
            nonlocal current
            if element == "vertex":
                current.numbers += (given["x"], given["y"], given["z"])
            elif element == "triangle":
                current.corners += (given["v1"], given["v2"], given["v3"])
            elif element == "object":
                current = objects[given["id"]] = _Object()
            elif element == "component":
                current.components.append(_use(given, name))
            elif element == "item" and build:
                self._build.append(_use(given, name))

        if name not in self._members:
            raise CloudError(f"{self._label}: is not a 3MF file: it has no {name}")
        data = self._read(self._members[name])
        parse(data, f"{self._label}: {name}", start, lambda _: None, lambda _: None)
        return objects

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        """The bytes of a member. With its size it is unpacked no farther; at the end its CRC-32 is compared."""
        check_packing(info, f"{self._label}: {info.filename}", "export it again")
        with self._package.open(info) as member:
            return member.read(info.file_size) + member.read(1)


def _use(given: dict[str, str], part: str) -> _Use:
    path = next((value for key, value in given.items() if key.rpartition("|")[2] == "path"), None)
    other = part if path is None else str(PurePosixPath(path)).strip("/").lower()
    return _Use(other, given["objectid"], given.get("transform", _STAYS))


def _mesh(spelt: _Object, where: str) -> Mesh:
    vertices = _numbers(spelt.numbers, f"{where}: coordinate").reshape(-1, 3)
    corners = _numbers(spelt.corners, f"{where}: corner")
    if (corners % 1 != 0).any():
        raise CloudError(f"{where}: a triangle names a vertex by a fraction")
    lengths = np.full(len(corners) // 3, 3)
    return Mesh(vertices, fans(lengths, corners.astype(np.int64), len(vertices), partial(_triangle, where)), None)


def _matrix(transform: str, where: str) -> Doubles:
    """The map (4, 4) for columns that the twelve numbers of a transform, (4, 3) for rows, stand for."""
    numbers = _numbers(transform.split(), f"{where}: transform")
    if len(numbers) != 12:
        raise CloudError(f"{where}: its transform has {len(numbers)} numbers of 12")
    matrix = np.eye(4)
    matrix[:3] = numbers.reshape(4, 3).T
    return matrix


def _numbers(spelt: list[str], where: str) -> Doubles:
    try:
        return np.array(list(map(float, spelt)))
    except ValueError:
        return np.array([number(token, f"{where} {i}") for i, token in enumerate(spelt)])


def _triangle(where: str, i: int) -> str:
    return f"{where}: triangle {i}"


FORMAT = CloudFormat(
    name="3mf",
    suffixes=(".3mf",),
    members=lambda names: any(name.lower().endswith(".model") for name in names) and _TYPES in names,
    unit=Unit("vertex", "vertices"),
    read=read,
)
