"""PCD files of the Point Cloud Library, of text, binary and binary compressed, versions 0.5 to 0.7.

They are parsed here: pypcd4 knows version 0.7 alone, takes the memory that a header asks for, and needs pydantic.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.formats.lzf import unpacked
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.formats.rows import MAYBE_CUT, is_cut, parse_rows, split_lines
from qaadcodec.clouds.opening import Place, read_whole, remaining
from qaadcodec.clouds.packed import check_claim
from qaadcodec.errors import CloudError

_LARGEST_HEADER = 1 << 16
_KEYS = ("VERSION", "FIELDS", "COLUMNS", "SIZE", "TYPE", "COUNT", "WIDTH", "HEIGHT", "VIEWPOINT", "POINTS", "DATA")
_ENCODINGS = ("ascii", "binary", "binary_compressed")
_KINDS = {"F": "f", "I": "i", "U": "u"}
_NAMES = {
    **dict.fromkeys(("normal_x", "normal_y", "normal_z", "nx", "ny", "nz"), "normals"),
    **dict.fromkeys(("rgb", "rgba", "r", "g", "b", "a"), "colours"),
}


class Field(NamedTuple):
    """A field of a point: its name, the type of its numbers, how many there are, and the column of the first."""

    name: str
    dtype: np.dtype[Any]
    many: int
    column: int


class Header(NamedTuple):
    """A PCD header: fields, points, how the data is written, and how many lines there are up to it."""

    fields: tuple[Field, ...]
    points: int
    encoding: str
    lines: int

    @property
    def axes(self) -> tuple[Field, Field, Field]:
        """The fields x, y and z."""
        by_name = {field.name.lower(): field for field in reversed(self.fields)}
        return by_name["x"], by_name["y"], by_name["z"]

    @property
    def record(self) -> np.dtype[Any]:
        """A point of binary data."""
        return np.dtype([(str(i), field.dtype, (field.many,)) for i, field in enumerate(self.fields)])

    @property
    def dropped(self) -> tuple[str, ...]:
        """What points have besides coordinates; "_" is padding."""
        names = (field.name for field in self.fields if field not in self.axes and field.name != "_")
        return tuple(dict.fromkeys(_NAMES.get(name.lower(), name) for name in names))


def read(place: Place) -> Contents:
    """The points, (M, 3) in the type of the file, text as declared; points without a value are NaN in such files.

    Raises:
        CloudError: the file is no PCD, has no points or no fields x, y, z, has fewer or more points than it declares,
            or text where numbers should be.
    """
    label = place.label
    with place.opened() as stream:
        header = read_header(stream, label)
        data = read_whole(stream, label)
    if header.encoding == "ascii":
        return _text(data, header, label)
    read_ = _binary if header.encoding == "binary" else _compressed
    return Contents(read_(data, header, label), header.dropped)


def count(place: Place) -> int:
    """How many points the header declares, once it is clear that the file is long enough for them."""
    with place.opened() as stream:
        return read_header(stream, place.label).points


def read_header(stream: BinaryIO, label: str) -> Header:
    """Read the header at the beginning of a stream, and leave the stream at the first byte of data.

    Raises:
        CloudError: it is none, is cut off or longer than 64 KiB, does not add up, or the file is too short for it.
    """
    given: dict[str, list[str]] = {}
    lines = 0
    for line in _lines(stream, label):
        lines += 1
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        key = words[0].upper()
        if key not in _KEYS:
            raise CloudError(f"{label}: line {lines} of its header is not understood: {line[:80]!r}")
        given["FIELDS" if key == "COLUMNS" else key] = words[1:]
        if key == "DATA":
            break
    header = Header(_fields(given, label), _points(given, label), (given["DATA"] or [""])[0].lower(), lines)
    if header.encoding not in _ENCODINGS:
        raise CloudError(f"{label}: its data is {header.encoding[:40]!r}, and is one of {', '.join(_ENCODINGS)}")
    _check(header, remaining(stream), label)
    return header


def _lines(stream: BinaryIO, label: str) -> Iterator[str]:
    """The lines of the header, as long as they are asked for."""
    read_ = 0
    while read_ < _LARGEST_HEADER:
        line = stream.readline(_LARGEST_HEADER)
        if not line:
            raise CloudError(f"{label}: " + ("is truncated in its header" if read_ else "is empty (0 bytes)"))
        read_ += len(line)
        yield line.decode("latin-1").strip()
    raise CloudError(f"{label}: is not a PCD file: it has no line DATA in its first 64 KiB")


def _fields(given: dict[str, list[str]], label: str) -> tuple[Field, ...]:
    names = given.get("FIELDS", [])
    sizes, kinds = given.get("SIZE", []), given.get("TYPE", [])
    counts = given.get("COUNT", ["1"] * len(names))
    if not len(names) == len(sizes) == len(kinds) == len(counts):
        raise CloudError(
            f"{label}: names {len(names)} fields, {len(sizes)} sizes, {len(kinds)} types, {len(counts)} counts"
        )
    fields: list[Field] = []
    column = 0
    for name, size, kind, many in zip(names, sizes, kinds, counts, strict=True):
        is_type = kind.upper() in _KINDS and size in (("4", "8") if kind.upper() == "F" else ("1", "2", "4", "8"))
        if not is_type or not re.fullmatch("[0-9]{1,6}", many):
            raise CloudError(
                f"{label}: its field {name[:40]!r} has the type {kind[:9]}, the size {size[:9]}, the count {many[:9]}"
            )
        fields.append(Field(name, np.dtype(f"<{_KINDS[kind.upper()]}{size}"), int(many), column))
        column += int(many)
    have = {field.name.lower() for field in fields if field.many == 1}
    if missing := [axis for axis in "xyz" if axis not in have]:
        raise CloudError(f"{label}: has no field {', '.join(missing)} (fields: {', '.join(names)[:200]})")
    return tuple(fields)


def _points(given: dict[str, list[str]], label: str) -> int:
    """How many points: POINTS, which has to be WIDTH times HEIGHT, or that product in files without it."""
    numbers = {}
    for key in ("WIDTH", "HEIGHT", "POINTS"):
        text = " ".join(given.get(key, ["1"] if key == "HEIGHT" else []))
        if text and not re.fullmatch("[0-9]{1,15}", text):
            raise CloudError(f"{label}: {key} should be a number: {text[:40]!r}")
        numbers[key] = int(text) if text else None
    width, height, points = numbers["WIDTH"], numbers["HEIGHT"], numbers["POINTS"]
    product = None if width is None or height is None else width * height
    if points is not None and product is not None and points != product:
        raise CloudError(f"{label}: declares {points} points, and is {width} wide and {height} high")
    found = points if points is not None else product
    if not found:
        raise CloudError(f"{label}: has no points")
    return found


def _check(header: Header, there: int, label: str) -> None:
    """Refuse a file that has too few bytes for its points."""
    record = header.record.itemsize
    needed = {
        "ascii": 2 * header.points * sum(field.many for field in header.fields) - 1,
        "binary": header.points * record,
        "binary_compressed": 8,
    }[header.encoding]
    if needed > there:
        points = f"{header.points} points"
        least = "" if header.encoding == "binary" else "at least "
        raise CloudError(
            f"{label}: is truncated: {points} need {least}{needed} bytes after the header, and there are {there}"
        )
    if header.encoding == "binary_compressed":
        check_claim(header.points * record, there - 8, label)


def _stacked(columns: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.stack([column.reshape(-1) for column in columns], axis=1)  # (M, 3)


def _binary(data: bytes, header: Header, label: str) -> npt.NDArray[Any]:
    """The points of data that has one after the other. PCL pads it to whole pages, so zeros may follow."""
    record = header.record
    size = header.points * record.itemsize
    if data[size:].strip(b"\0\r\n "):
        raise CloudError(f"{label}: has {len(data) - size} bytes more than its header declares")
    records = np.frombuffer(data, record, header.points)
    return _stacked([records[str(header.fields.index(field))] for field in header.axes])


def _compressed(data: bytes, header: Header, label: str) -> npt.NDArray[Any]:
    """The points of data that has field after field, packed by LZF behind its two sizes."""
    packed, size = struct.unpack_from("<2I", data)
    if packed > len(data) - 8:
        raise CloudError(f"{label}: is truncated: its packed data has {packed} bytes, and there are {len(data) - 8}")
    wanted = header.points * header.record.itemsize
    if size != wanted:
        raise CloudError(f"{label}: unpacks to {size} bytes, and its {header.points} points need {wanted}")
    whole = unpacked(data[8 : 8 + packed], size, label)
    columns, at = {}, 0
    for field in header.fields:
        numbers = header.points * field.many
        columns[field] = np.frombuffer(whole, field.dtype, numbers, at)
        at += numbers * field.dtype.itemsize
    return _stacked([columns[field] for field in header.axes])


def _text(data: bytes, header: Header, label: str) -> Contents:
    """The points of lines of text."""
    text = data.decode("latin-1")
    lines = split_lines(text)
    kept = [i for i, line in enumerate(lines) if line and not line.isspace()]
    if len(kept) < header.points:
        raise CloudError(f"{label}: is truncated: it ends after {len(kept)} of {header.points} points")
    if len(kept) > header.points:
        raise CloudError(f"{label}: has {len(kept) - header.points} lines more than its {header.points} points")
    rows = [lines[i] for i in kept]
    x, y, z = (field.column for field in header.axes)
    points = parse_rows(rows, (x, y, z), None, lambda i: f"{label}: point {i} (line {header.lines + kept[i] + 1})")
    doubts: tuple[str, ...] = ()
    if text[-1] not in "\r\n":
        if is_cut(rows, None):
            raise CloudError(
                f"{label}: is truncated: it ends within point {len(rows) - 1} of {len(rows)}, without a newline"
            )
        doubts = (MAYBE_CUT,)
    dtype = np.result_type(*(field.dtype for field in header.axes))
    return Contents(points.astype(dtype) if dtype.kind == "f" else points, header.dropped, doubts)


def sniff(start: bytes) -> bool:
    """Whether a file that begins so may be PCD without its usual first comment."""
    return re.match(rb"(?:\s*#[^\n]*\n)*\s*VERSION\s+0?\.[0-9]+\s+(?:FIELDS|COLUMNS)\s", start) is not None


FORMAT = CloudFormat(
    name="pcd",
    suffixes=(".pcd",),
    signatures=(b"# .PCD",),
    sniff=sniff,
    count=count,
    read=read,
)
