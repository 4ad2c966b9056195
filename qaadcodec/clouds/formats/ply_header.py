"""The header of a PLY file, which plyfile parses, and what is checked of it before anything is allocated."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from plyfile import PlyData, PlyElement, PlyHeaderParseError, PlyListProperty, PlyProperty

from qaadcodec.clouds.opening import remaining
from qaadcodec.errors import CloudError

_LIKELY_HEADER = 4096
_LARGEST_HEADER = 1 << 20
_AXES = ("x", "y", "z")
AGAIN = "~"  # parts the name of a property that is declared again from how often it was: quality~2


@dataclass(frozen=True, slots=True)
class Element:
    """An element: `count` records of the same properties.

    Attributes:
        described: what plyfile says of the element, as if it had no records.
        count: how many records the header declares.
    """

    described: PlyElement
    count: int

    @property
    def name(self) -> str:
        return str(self.described.name)

    @property
    def properties(self) -> tuple[PlyProperty, ...]:
        return tuple(self.described.properties)

    @property
    def has_lists(self) -> bool:
        return any(isinstance(p, PlyListProperty) for p in self.properties)

    @property
    def record_size(self) -> int:
        """Bytes of a binary record. Where there are lists, which may be empty, the fewest possible."""
        types = [p.len_dtype if isinstance(p, PlyListProperty) else p.val_dtype for p in self.properties]
        return sum(np.dtype(t).itemsize for t in types)


@dataclass(frozen=True, slots=True)
class Header:
    """A PLY header.

    Attributes:
        order: "<" or ">" for binary data, "" for text.
        elements: in the order of the data.
        place: which of the elements are the vertices.
        axes: what their properties x, y and z are called in this file.
        lines: lines of the header, for line numbers in messages about text.
    """

    order: str
    elements: tuple[Element, ...]
    place: int
    axes: tuple[str, str, str]
    lines: int

    @property
    def vertex(self) -> Element:
        return self.elements[self.place]

    @property
    def columns(self) -> tuple[int, int, int]:
        """The places of x, y and z among the properties of a vertex that are no lists."""
        names = [p.name for p in self.vertex.properties if not isinstance(p, PlyListProperty)]
        x, y, z = map(names.index, self.axes)
        return x, y, z


def read_header(stream: BinaryIO, label: str) -> Header:
    """Read the header at the beginning of a stream, and leave the stream at the first byte of data.

    Lines may end in LF, CR LF or CR. Comments and obj_info are skipped, and so are empty lines and a byte order mark.

    Raises:
        CloudError: the stream is no PLY; the header is cut off, longer than 1 MiB or not understood, which names the
            line; there are no vertices; or the file is too short for the vertices that the header declares.
    """
    lines = _header_lines(stream, label)
    described, counts = _parse(lines, label)
    elements = tuple(Element(d, count) for d, count in zip(described.elements, counts, strict=True))
    order = "" if described.text else str(described.byte_order)
    place = _place_of_vertices(elements, label)
    header = Header(order, elements, place, _axes(elements[place], label), len(lines))
    _check_size(header, remaining(stream), label)
    return header


def _header_lines(stream: BinaryIO, label: str) -> list[str]:
    start, end = b"", None
    for size in (_LIKELY_HEADER, _LARGEST_HEADER):
        start += stream.read(size - len(start))
        if not start:
            raise CloudError(f"{label}: is empty (0 bytes)")
        if not (first := re.match(rb"(?:\xef\xbb\xbf)?ply[ \t]*(\r\n|\n|\r)", start)):
            raise CloudError(f"{label}: is not a PLY file; it does not begin with a line 'ply'")
        # Where lines end in CR, an LF behind the last of them is data.
        newline = rb"\r" if first[1] == b"\r" else rb"(\r\n|\n|\r)"
        if (end := re.search(rb"[\r\n]end_header[ \t]*" + newline, start)) and end.end() < len(start):
            break
    if not end:
        cut = len(start) < _LARGEST_HEADER
        raise CloudError(f"{label}: " + ("is truncated in its header" if cut else "has no end_header in its first MiB"))
    stream.seek(end.end())
    return re.split(r"\r\n|\n|\r", start[: end.end()].decode("latin-1"))[:-1]


def _parse(lines: list[str], label: str) -> tuple[PlyData, list[int]]:
    """What plyfile says of the header, and how many records each element declares.

    plyfile reads the data as soon as it has read a header, and takes the memory that the header asks for. So it gets
    the header of an empty file: its elements have no records. Comments, in which it takes nothing but ASCII, are blank.
    It refuses two properties of the same name: the second is given another, unless it is a coordinate.
    """
    plain, counts = ["ply"], []
    names: Counter[str] = Counter()
    for number, line in enumerate(lines[1:-1], 2):
        match line.split():
            case [] | ["comment" | "obj_info", *_]:
                plain.append("comment")
            case ["element", name, count] if re.fullmatch("[0-9]{1,18}", count):
                plain.append(f"element {name} 0")
                counts.append(int(count))
                names.clear()
            case ["element", *_]:
                raise _not_understood(lines, number, label)
            case ["property", *kind, name] if name.lower() not in _AXES:
                names[name] += 1
                again = f"{AGAIN}{names[name]}" if names[name] > 1 else ""
                plain.append(" ".join(["property", *kind, name + again]))
            case _:
                plain.append(line)
    header = "\n".join([*plain, "end_header\n"]).encode("ascii", "replace")
    try:
        described = PlyData.read(io.BytesIO(header), mmap=False)
    except PlyHeaderParseError as error:
        raise _not_understood(lines, int(error.line), label, error.message) from error
    except ValueError as error:  # "two properties with same name"
        raise CloudError(f"{label}: declares {error} in its header") from error
    for element in described.elements:
        for p in element.properties:
            if isinstance(p, PlyListProperty) and np.dtype(p.len_dtype).kind == "f":
                raise CloudError(f"{label}: declares that the lengths of the list {p.name} are fractions")
    return described, counts


def _not_understood(lines: list[str], number: int, label: str, why: str | None = None) -> CloudError:
    return CloudError(f"{label}: line {number} of its header is not understood: {lines[number - 1][:80]!r}", hint=why)


def _place_of_vertices(elements: tuple[Element, ...], label: str) -> int:
    place = next((i for i, e in enumerate(elements) if e.name.lower() == "vertex"), None)
    if place is None:
        held = ", ".join(e.name for e in elements) or "none"
        raise CloudError(f"{label}: has no vertices (elements: {held})")
    return place


def _axes(vertex: Element, label: str) -> tuple[str, str, str]:
    """What the properties x, y and z are called: so, or in capitals."""
    have = {p.name for p in vertex.properties if not isinstance(p, PlyListProperty)}
    x, y, z = (axis if axis in have else axis.upper() for axis in _AXES)
    if missing := [axis.lower() for axis in (x, y, z) if axis not in have]:
        raise CloudError(f"{label}: its vertices have no property {', '.join(missing)}")
    if vertex.count == 0:
        raise CloudError(f"{label}: has no vertices (element vertex 0)")
    return x, y, z


def _check_size(header: Header, there: int, label: str) -> None:
    """Refuse a file that has too few bytes for its vertices and what the header declares in front of them."""
    # In text the shortest value is a digit and what parts it from the next, which the very last may lack.
    records = [e.record_size if header.order else 2 * len(e.properties) for e in header.elements[: header.place + 1]]
    before = sum(e.count * size for e, size in zip(header.elements, records[:-1], strict=False))
    vertex, record = header.vertex, records[-1]
    needed = before + vertex.count * record - (0 if header.order else 1)
    if needed > there:
        atleast = "at least " if vertex.has_lists or before or not header.order else ""
        found = "" if atleast else f", which is {there // record} vertices"
        raise CloudError(
            f"{label}: is truncated: {vertex.count} vertices need {atleast}{needed} bytes after the header, "
            f"and there are {there}{found}"
        )
