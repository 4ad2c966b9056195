"""VTP files, polygonal data as XML of VTK: the points and faces of all pieces, in any of the encodings.

They are parsed here, for the reasons that `vtk` gives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Integers, Rows
from qaadcodec.clouds.formats.polygons import fans, strips
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.formats.vtk import lengths_of
from qaadcodec.clouds.formats.vtk_arrays import DataArray, Encoding, values_of
from qaadcodec.clouds.formats.xml_parts import parse
from qaadcodec.clouds.opening import Place, read_whole
from qaadcodec.errors import CloudError

_SECTIONS = {"Points": "", "Verts": "", "Lines": "lines", "Strips": "faces", "Polys": "faces"}


@dataclass(slots=True)
class _Piece:
    """A piece: what it counts, and the arrays of its sections by name."""

    counts: dict[str, str]
    arrays: dict[str, dict[str, DataArray]] = field(default_factory=dict)

    def count(self, name: str, label: str) -> int:
        """What the piece counts under a name; CloudError if it is no number."""
        text = self.counts.get(name, "0")
        if not re.fullmatch("[0-9]{1,15}", text):
            raise CloudError(f"{label}: {name} should be a number: {text[:40]!r}")
        return int(text)


def read(place: Place) -> Contents:
    """The points of all pieces, (M, 3) in the type of the file, and the names of what else it has.

    Raises:
        CloudError: the file is no VTP, is packed with LZ4, is truncated or damaged, or has no points.
    """
    label = place.label
    with place.opened() as stream:
        data = read_whole(stream, label)
    if not data:
        raise CloudError(f"{label}: is empty (0 bytes)")
    xml, appended = _parted(data, label)
    file = _Document(label)
    parse(xml, label, file.start, file.end, file.text)
    encoding = Encoding.of(file.given, file.appended_as, appended, len(data), label)
    points, cells, dropped, before = list[npt.NDArray[Any]](), list[tuple[Integers, Integers]](), list[str](), 0
    for piece in file.pieces:
        count = piece.count("NumberOfPoints", label)
        if not count:
            continue
        own = next(iter(piece.arrays.get("Points", {}).values()), None)
        if own is None:
            raise CloudError(f"{label}: a piece counts {count} points, and has none")
        points.append(values_of(own, 3 * count, encoding).reshape(-1, 3))
        for section in ("Polys", "Strips"):
            if number := piece.count(f"NumberOf{section}", label):
                lengths, corners = _cells(piece.arrays.get(section, {}), number, encoding)
                if len(corners) and (corners.min() < 0 or corners.max() >= count):
                    corners = np.where((corners < 0) | (corners >= count), -1 - before, corners)
                corners = corners + before
                cells.append((lengths, corners) if section == "Polys" else strips(lengths, corners))
        dropped += [what for key, what in _SECTIONS.items() if what and piece.count(f"NumberOf{key}", label)]
        before += count
    if not points:
        raise CloudError(f"{label}: has no points")
    names = tuple(dict.fromkeys([*dropped, *(["attributes"] if file.attributes else [])]))
    if not cells:
        return Contents(np.concatenate(points), names)
    lengths, corners = (np.concatenate(part) for part in zip(*cells, strict=True))
    return Contents(np.concatenate(points), names, triangles=partial(_triangles, lengths, corners, before, label))


def _triangles(lengths: Integers, corners: Integers, vertices: int, label: str) -> Rows:
    return fans(lengths, corners, vertices, lambda i: f"{label}: face {i}")


def _cells(arrays: dict[str, DataArray], count: int, encoding: Encoding) -> tuple[Integers, Integers]:
    """Lengths and corners of the cells of a section, whose offsets say where each ends."""
    if not {"offsets", "connectivity"} <= set(arrays):
        raise CloudError(f"{encoding.label}: counts {count} faces, and has no offsets or connectivity for them")
    ends = values_of(arrays["offsets"], count, encoding).astype(np.int64)
    corners = values_of(arrays["connectivity"], int(ends[-1]), encoding).astype(np.int64)
    return lengths_of(np.concatenate([[0], ends]), len(corners), encoding.label), corners


def _parted(data: bytes, label: str) -> tuple[bytes, memoryview]:
    """The XML, without appended data, and that data: it may be raw, which no parser of XML takes."""
    at = data.find(b"<AppendedData")
    if at < 0:
        return data, memoryview(b"")
    content = data.find(b">", at) + 1
    first = data.find(b"_", content)
    last = data.rfind(b"</AppendedData>")
    if not content or first < 0 or last < first or data[content:first].strip():
        raise CloudError(f"{label}: is truncated: its appended data has no beginning or no end")
    return data[:content] + data[last:], memoryview(data)[first + 1 : last]


class _Document:
    """What the XML says: attributes of the file, pieces, and the arrays in them."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.given: dict[str, str] = {}
        self.pieces: list[_Piece] = []
        self.appended_as = ""
        self.attributes = False
        self._section = ""
        self._array: DataArray | None = None
        self._depth = self._array_depth = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._depth == 1:
            if name != "VTKFile" or given.get("type") != "PolyData":
                kind = given.get("type", name)[:40]
                raise CloudError(
                    f"{self.label}: is not polygonal data of VTK, but {kind!r}",
                    hint="in ParaView, Extract Surface and save it as .vtp",
                )
            self.given = given
        elif name == "Piece":
            self.pieces.append(_Piece(given))
        elif name == "AppendedData":
            self.appended_as = given.get("encoding", "")
        elif (name in _SECTIONS and self.pieces) or name in ("PointData", "CellData"):
            self._section = name
        elif name == "DataArray":
            self.attributes |= self._section in ("PointData", "CellData")
            if self._section in _SECTIONS:
                self._array, self._array_depth = DataArray(given, []), self._depth
                self.pieces[-1].arrays.setdefault(self._section, {})[given.get("Name", "")] = self._array

    def end(self, name: str) -> None:
        """An element ends."""
        self._depth -= 1
        if name in _SECTIONS or name in ("PointData", "CellData"):
            self._section = ""
        elif name == "DataArray":
            self._array = None

    def text(self, text: str) -> None:
        """Text between elements: that of an array, but not of what VTK tells about it within."""
        if self._array is not None and self._depth == self._array_depth:
            self._array.text.append(text)


def sniff(start: bytes) -> bool:
    """Whether a file that begins so may be VTP."""
    return re.match(rb"\s*(?:<\?xml[^>]*>\s*)?<VTKFile[^>]*type=[\"']PolyData[\"']", start) is not None


FORMAT = CloudFormat(
    name="vtp",
    suffixes=(".vtp",),
    sniff=sniff,
    read=read,
)
