"""The header of a PLY file: which elements follow, with which properties, and where the data begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

from qaadcodec.errors import CloudError

_LARGEST_HEADER = 1 << 20
_END = re.compile(rb"[\r\n]end_header[ \t]*(\r\n|\n|\r)")
_BYTE_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_SPELLINGS = {
    "i1": ("char", "int8"),
    "u1": ("uchar", "uint8"),
    "i2": ("short", "int16"),
    "u2": ("ushort", "uint16"),
    "i4": ("int", "int32"),
    "u4": ("uint", "uint32"),
    "f4": ("float", "float32"),
    "f8": ("double", "float64"),
}
_TYPES = {spelling: type for type, spellings in _SPELLINGS.items() for spelling in spellings}


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an element: its numpy type without byte order, and for a list the type of its length."""

    name: str
    type: str
    length_type: str | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """An element: `count` records of the same properties."""

    name: str
    count: int
    properties: tuple[Property, ...]

    @property
    def has_lists(self) -> bool:
        return any(p.length_type for p in self.properties)

    @property
    def record_size(self) -> int:
        """Bytes of a binary record; the smallest possible where there are lists, which may be empty."""
        return sum(int((p.length_type or p.type)[1:]) for p in self.properties)


@dataclass(frozen=True, slots=True)
class Header:
    """A PLY header.

    Attributes:
        order: "<" or ">" for binary data, "" for text.
        elements: in the order of the data.
        size: bytes of the header, where the data begins.
        lines: lines of the header, for line numbers in messages about text data.
    """

    order: str
    elements: tuple[Element, ...]
    size: int
    lines: int


def read_header(stream: BinaryIO, label: str) -> Header:
    """Parse the header at the beginning of a stream and leave the stream at the first byte of data.

    Lines may end in LF, CR LF or CR. Comments and obj_info are skipped.

    Raises:
        CloudError: not a PLY, a header that is cut off, longer than 1 MiB, or not understood; names the line.
    """
    start = stream.read(_LARGEST_HEADER)
    if not start:
        raise CloudError(f"{label}: is empty (0 bytes)")
    if not re.match(rb"ply[ \t]*[\r\n]", start):
        raise CloudError(f"{label}: is not a PLY file; it does not begin with a line 'ply'")
    if not (end := _END.search(start)):
        cut = len(start) < _LARGEST_HEADER
        raise CloudError(f"{label}: " + ("is truncated in its header" if cut else "has no end_header in its first MiB"))
    stream.seek(end.end())
    text = start[: end.start()].decode("latin-1")
    lines = re.split(r"\r\n|\n|\r", text)
    order: str | None = None
    elements: list[tuple[str, int]] = []
    properties: list[list[Property]] = []
    for number, line in enumerate(lines[1:], 2):
        try:
            match line.split():
                case [] | ["comment" | "obj_info", *_]:
                    pass
                case ["format", kind, "1.0"] if order is None and kind in _BYTE_ORDERS:
                    order = _BYTE_ORDERS[kind]
                case ["element", name, count] if re.fullmatch("[0-9]{1,18}", count):
                    elements.append((name, int(count)))
                    properties.append([])
                case ["property", "list", length, kind, name] if elements and _TYPES[length][0] != "f":
                    properties[-1].append(Property(name, _TYPES[kind], _TYPES[length]))
                case ["property", kind, name] if elements:
                    properties[-1].append(Property(name, _TYPES[kind]))
                case _:
                    raise KeyError(line)
        except KeyError:
            raise CloudError(f"{label}: line {number} of its header is not understood: {line[:80]!r}") from None
    if order is None:
        raise CloudError(f"{label}: has no format line in its header")
    for (name, _), listed in zip(elements, properties, strict=True):
        if len({p.name for p in listed}) < len(listed):
            raise CloudError(f"{label}: declares a property of element {name} twice")
    described = tuple(Element(n, c, tuple(p)) for (n, c), p in zip(elements, properties, strict=True))
    return Header(order, described, end.end(), len(lines) + 1)


def vertex_element(header: Header, label: str) -> tuple[int, Element]:
    """Place and description of the element that holds the points; CloudError if there are none."""
    place = next((i for i, e in enumerate(header.elements) if e.name == "vertex"), None)
    if place is None:
        held = ", ".join(e.name for e in header.elements) or "none"
        raise CloudError(f"{label}: has no vertices (elements: {held})")
    element = header.elements[place]
    have = {p.name for p in element.properties if not p.length_type}
    if missing := [axis for axis in "xyz" if axis not in have]:
        raise CloudError(f"{label}: its vertices have no property {', '.join(missing)}")
    if element.count == 0:
        raise CloudError(f"{label}: has no vertices (element vertex 0)")
    return place, element
