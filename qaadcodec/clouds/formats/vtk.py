"""Legacy VTK files, of text and binary: the points of polygonal data and grids, the faces of polygonal data.

They are parsed here ("VTK File Formats", kitware.github.io/vtk-examples): the vtk package takes 570 MB, and ends the
process where a file claims more memory than there is; meshio reads no polygonal data.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Integers, Rows
from qaadcodec.clouds.cloud import Unit
from qaadcodec.clouds.formats.polygons import fans, strips
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.formats.rows import number
from qaadcodec.clouds.opening import Place, read_whole
from qaadcodec.errors import CloudError

MAGIC = b"# vtk DataFile Version "
_DATASETS = ("POLYDATA", "UNSTRUCTURED_GRID", "STRUCTURED_GRID")
_TYPES = {
    "unsigned_char": "u1",
    "char": "i1",
    "unsigned_short": "u2",
    "short": "i2",
    "unsigned_int": "u4",
    "int": "i4",
    "unsigned_long": "u8",
    "long": "i8",
    "vtktypeint64": "i8",
    "vtkidtype": "i4",
    "float": "f4",
    "double": "f8",
}
_CELLS = {"VERTICES": "vertex cells", "LINES": "lines", "POLYGONS": "faces", "TRIANGLE_STRIPS": "faces"}
_LONGEST_LINE = 4096


def read(place: Place) -> Contents:
    """The points, (M, 3) in the type of the file (text as declared, too), and the names of what else it has.

    Raises:
        CloudError: the file is no legacy VTK, has a data set without points, is truncated, or has something else where
            numbers should be; the message names the line.
    """
    label = place.label
    with place.opened() as stream:
        data = read_whole(stream, label)
    if not data:
        raise CloudError(f"{label}: is empty (0 bytes)")
    if not data.startswith(MAGIC):
        raise CloudError(f"{label}: is not a legacy VTK file; it does not begin with {MAGIC.decode()!r}")
    text = _Text(data, label)
    for _ in range(2):
        text.line()  # version, title
    if (kind := " ".join(text.words()).upper()) not in ("ASCII", "BINARY"):
        raise text.fault(f"should be ASCII or BINARY: {kind[:40]!r}")
    text.binary = kind == "BINARY"
    words = text.words()
    if len(words) != 2 or words[0].upper() != "DATASET" or words[1].upper() not in _DATASETS:
        shown = " ".join(words)[:80]
        raise CloudError(
            f"{label}: has no points of its own: {shown!r}", hint="in ParaView, Extract Surface and save it as .vtp"
        )
    return _contents(text, polygons=words[1].upper() == "POLYDATA")


def _contents(text: _Text, *, polygons: bool) -> Contents:
    """The points and cells behind the line of the data set."""
    points: npt.NDArray[Any] | None = None
    cells: list[tuple[Integers, Integers]] = []
    dropped: list[str] = []
    while words := text.words():
        key = words[0].upper()
        if key == "POINTS" and points is None:
            points = text.values(3 * text.whole(words, 1), text.type_of(words, 2)).reshape(-1, 3)
        elif key in _CELLS and polygons and points is not None:
            lengths, corners = _cells(text, words)
            if key in ("POLYGONS", "TRIANGLE_STRIPS") and len(lengths):
                cells.append((lengths, corners) if key == "POLYGONS" else strips(lengths, corners))
            dropped += [_CELLS[key]] * (len(lengths) > 0 and key != "VERTICES")
        elif key == "METADATA":
            text.skip_block()
        elif key in ("POINT_DATA", "CELL_DATA", "CELLS", "FIELD") and points is not None:
            dropped.append("cells" if key == "CELLS" else "attributes")
            break
        elif key == "DIMENSIONS":
            continue
        else:
            raise text.fault(f"is not understood: {' '.join(words)[:80]!r}")
    if points is None or not len(points):
        raise CloudError(f"{text.label}: has no points")
    if not cells:
        return Contents(points, tuple(dict.fromkeys(dropped)))
    lengths, corners = (np.concatenate(part) for part in zip(*cells, strict=True))
    triangles = partial(_triangles, lengths, corners, len(points), text.label)
    return Contents(points, tuple(dict.fromkeys(dropped)), triangles=triangles)


def _triangles(lengths: Integers, corners: Integers, vertices: int, label: str) -> Rows:
    return fans(lengths, corners, vertices, lambda i: f"{label}: face {i}")


def _cells(text: _Text, words: list[str]) -> tuple[Integers, Integers]:
    """Lengths and corners of cells: "n, then n corners" one after the other or, from version 5.1 on, two arrays."""
    count, size = text.whole(words, 1), text.whole(words, 2)
    before = text.at
    following = text.words() if count else []
    if following and following[0].upper() == "OFFSETS":
        offsets = text.values(count, text.type_of(following, 1)).astype(np.int64)
        connectivity = text.words()
        if not connectivity or connectivity[0].upper() != "CONNECTIVITY":
            raise text.fault("should begin with CONNECTIVITY")
        corners = text.values(size, text.type_of(connectivity, 1)).astype(np.int64)
        return lengths_of(offsets, len(corners), text.label), corners
    text.at = before
    if count > size:
        raise text.fault(f"counts {count} cells in {size} numbers, and each takes one or more")
    numbers = text.values(size, np.dtype("i4")).astype(np.int64)
    if count > size:
        raise CloudError(f"{text.label}: {count} cells do not fit into the {size} numbers of their section")
    lengths, starts, at = np.empty(count, np.int64), np.empty(count, np.int64), 0
    for i in range(count):
        if at >= size or numbers[at] < 0 or at + 1 + numbers[at] > size:
            raise CloudError(f"{text.label}: cell {i} of {count} does not fit into the {size} numbers of its section")
        lengths[i], starts[i] = numbers[at], at
        at += 1 + int(numbers[at])
    if at != size:
        raise CloudError(f"{text.label}: {count} cells take {at} of the {size} numbers of their section")
    return lengths, np.delete(numbers, starts)


def lengths_of(offsets: Integers, corners: int, label: str) -> Integers:
    """The lengths of cells from where they begin, which begins with 0 and ends with the number of corners."""
    if len(offsets) == 0:
        return np.zeros(0, np.int64)
    lengths = np.diff(offsets)
    if offsets[0] != 0 or offsets[-1] != corners or (lengths < 0).any():
        raise CloudError(f"{label}: the offsets of its cells do not add up to their {corners} corners")
    return lengths


class _Text:
    """The file from a place on: lines of words, and numbers between them."""

    def __init__(self, data: bytes, label: str) -> None:
        self.data, self.label, self.at, self.binary = data, label, 0, False

    def line(self) -> str:
        """The next line; "" at the end."""
        end = self.data.find(b"\n", self.at, self.at + _LONGEST_LINE)
        end = min(len(self.data), self.at + _LONGEST_LINE) if end < 0 else end + 1
        text = self.data[self.at : end].decode("latin-1")
        self.at = end
        return text.strip()

    def words(self) -> list[str]:
        """The words of the next line that has any; none at the end."""
        while self.at < len(self.data):
            if words := self.line().split():
                return words
        return []

    def skip_block(self) -> None:
        """Go on behind the next empty line."""
        while self.at < len(self.data) and self.line():
            pass

    def fault(self, what: str) -> CloudError:
        """The error that something is wrong with the line that was read last."""
        number_ = self.data.count(b"\n", 0, max(self.at - 1, 0)) + 1
        return CloudError(f"{self.label}: line {number_} {what}")

    def whole(self, words: list[str], place: int) -> int:
        """A count among the words of a line."""
        if place >= len(words) or not re.fullmatch("[0-9]{1,15}", words[place]):
            raise self.fault(f"should count something: {' '.join(words)[:80]!r}")
        return int(words[place])

    def type_of(self, words: list[str], place: int) -> np.dtype[Any]:
        """A type among the words of a line."""
        name = words[place].lower() if place < len(words) else ""
        if name not in _TYPES:
            raise self.fault(f"should name a type of numbers: {' '.join(words)[:80]!r}")
        return np.dtype(_TYPES[name])

    def values(self, count: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """So many numbers, of text or big-endian, once it is clear that the file has them."""
        size = count * dtype.itemsize if self.binary else 2 * count - 1
        if size > len(self.data) - self.at:
            left = len(self.data) - self.at
            raise CloudError(f"{self.label}: is truncated: {count} numbers need {size} bytes, and there are {left}")
        if self.binary:
            numbers = np.frombuffer(self.data, dtype.newbyteorder(">"), count, self.at)
            self.at += size
            return numbers
        tokens: list[str] = []
        start = self.at
        while len(tokens) < count and self.at < len(self.data):
            end = self.data.find(b"\n", self.at)
            end = len(self.data) if end < 0 else end + 1
            tokens += self.data[self.at : end].decode("latin-1").split()
            self.at = end
        if len(tokens) != count:
            cut = "is truncated: " if len(tokens) < count else ""
            raise CloudError(f"{self.label}: {cut}{count} numbers should follow, and there are {len(tokens)}")
        try:
            return np.array(list(map(float, tokens))).astype(dtype)
        except ValueError:
            first = self.data.count(b"\n", 0, start)
            return np.array([number(t, f"{self.label}: number {i} behind line {first}") for i, t in enumerate(tokens)])


FORMAT = CloudFormat(
    name="vtk",
    suffixes=(".vtk",),
    signatures=(MAGIC,),
    unit=Unit("point", "points"),
    read=read,
)
