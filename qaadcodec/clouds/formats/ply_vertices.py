"""The vertices of a PLY file, in binary and in text."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.formats.ply_header import Element, Header
from qaadcodec.clouds.formats.ply_lists import read_binary_lists, read_text_lists
from qaadcodec.clouds.formats.rows import parse_rows, split_lines
from qaadcodec.clouds.opening import read_bytes, remaining
from qaadcodec.errors import CloudError

_AXES = ("x", "y", "z")


def read_vertices(stream: BinaryIO, header: Header, label: str) -> npt.NDArray[Any]:
    """The coordinates of the vertices, (M, 3), from a stream at the first byte of data.

    Binary coordinates keep their type. Text of type `float` becomes float32 unless that would move a coordinate by
    more than 2^-20 of the cloud's longest side, as it does with georeferenced coordinates; then it stays float64, as
    does all other text.

    Raises:
        CloudError: the data is truncated, or text that spells no numbers; the message names the vertex, and the line of
            text.
    """
    return _read_binary(stream, header, label) if header.order else _read_text(stream, header, label)


def _read_binary(stream: BinaryIO, header: Header, label: str) -> npt.NDArray[Any]:
    for element in header.elements[: header.place]:
        if element.has_lists:
            read_binary_lists(stream, element, header.order, label)
        else:
            stream.seek(element.count * element.record_size, io.SEEK_CUR)
    if header.vertex.has_lists:
        return _stacked(read_binary_lists(stream, header.vertex, header.order, label))
    points = _read_records(stream, header.vertex, header.order, label)
    if not any(e.has_lists for e in header.elements):
        _check_end(stream, header, label)
    return points


def _read_records(stream: BinaryIO, vertex: Element, order: str, label: str) -> npt.NDArray[Any]:
    """Vertices of a fixed size, read in one go: plyfile would read them one by one where there is no file to map."""
    size = vertex.count * vertex.record_size
    if remaining(stream) < size:
        raise CloudError(f"{label}: is truncated: it ends before {vertex.count} vertices")
    dtype = vertex.described.dtype(order)
    records = read_bytes(stream, size).view(dtype)
    (kind, first), offsets = dtype.fields["x"][:2], [dtype.fields[axis][1] for axis in _AXES]
    step = kind.itemsize
    if all(dtype[axis] == kind for axis in _AXES) and offsets == [first, first + step, first + 2 * step]:
        rows = np.dtype({"names": ["p"], "formats": [(kind, (3,))], "offsets": [first], "itemsize": dtype.itemsize})
        points: npt.NDArray[Any] = records.view(rows)["p"]  # (M, 3), without a copy
        return points
    return _stacked(records)


def _stacked(vertices: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.stack([vertices[axis] for axis in _AXES], axis=1)  # (M, 3)


def _check_end(stream: BinaryIO, header: Header, label: str) -> None:
    """Refuse bytes that no element accounts for: the sign of a binary file that was copied as text."""
    rest = sum(e.count * e.record_size for e in header.elements[header.place + 1 :])
    if (extra := remaining(stream) - rest) > 0 and stream.seek(rest, io.SEEK_CUR) and stream.read(4096).strip():
        raise CloudError(
            f"{label}: has {extra} bytes more than its header declares",
            hint="a binary file that was copied in text mode looks like this; copy it again",
        )


def _read_text(stream: BinaryIO, header: Header, label: str) -> npt.NDArray[Any]:
    vertex = header.vertex
    lines = split_lines(stream.read().decode("latin-1"))
    first = sum(e.count for e in header.elements[: header.place])  # each record is a line
    rows = lines[first : first + vertex.count]
    if len(rows) < vertex.count:
        raise CloudError(f"{label}: is truncated: it ends after {len(rows)} of {vertex.count} vertices")

    def where(row: int) -> str:
        return f"{label}: vertex {row} (line {header.lines + first + 1 + row})"

    if vertex.has_lists:
        points = _stacked(read_text_lists(rows, vertex, where))
    else:
        # Not by plyfile, which takes a hundred times as long and tells neither the line nor the text of a fault.
        names = [p.name for p in vertex.properties]
        points = parse_rows(rows, (names.index("x"), names.index("y"), names.index("z")), None, where)
    types = {p.val_dtype for p in vertex.properties if p.name in _AXES}
    return _as_single(points) if types == {"f4"} else points


def _as_single(points: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """The points as float32, unless that moves a coordinate by more than 2^-20 of their longest side."""
    with np.errstate(over="ignore", invalid="ignore"):
        single = points.astype(np.float32)
        # Comparisons with NaN are false; NaN is refused later, in either precision.
        blurred = np.abs(single - points).max() > 2.0**-20 * np.ptp(points, axis=0).max()
    return points if blurred else single
