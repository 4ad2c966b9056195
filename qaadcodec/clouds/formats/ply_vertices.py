"""The vertices of a PLY file, in binary and in text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.formats.ply_header import Header
from qaadcodec.clouds.formats.ply_lists import TEXT_MODE, read_binary_lists, skip_binary
from qaadcodec.clouds.formats.ply_text import read_text_vertices
from qaadcodec.clouds.opening import read_bytes, read_whole, remaining
from qaadcodec.errors import CloudError


def read_vertices(stream: BinaryIO, header: Header, label: str) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """The coordinates of the vertices, (M, 3), from a stream at the first byte of data; and what is doubtful of them.

    Binary coordinates keep their type. Text of type `float` becomes float32 unless that would move a coordinate by
    more than 2^-20 of the cloud's longest side, as it does with georeferenced coordinates; then it stays float64, as
    does all other text.

    Raises:
        CloudError: there is less or more data than the header declares, or text that spells no numbers; the message
            names the vertex, and the line of text.
    """
    if not header.order:
        return _read_text(stream, header, label)
    for element in header.elements[: header.place]:
        skip_binary(stream, element, header.order, label)
    points = _read_binary(stream, header, label)
    _check_end(stream, header, label)
    return points, ()


def _read_binary(stream: BinaryIO, header: Header, label: str) -> npt.NDArray[Any]:
    """Vertices of a fixed size are read in one go: plyfile would read them one by one where there is no file to map."""
    vertex, order, axes = header.vertex, header.order, header.axes
    if vertex.has_lists:
        return _stacked(read_binary_lists(stream, vertex, order, label), axes)
    size = vertex.count * vertex.record_size
    if remaining(stream) < size:
        raise CloudError(f"{label}: is truncated: it ends before {vertex.count} vertices")
    dtype = vertex.described.dtype(order)
    records = read_bytes(stream, size).view(dtype)
    (kind, first), offsets = dtype.fields[axes[0]][:2], [dtype.fields[axis][1] for axis in axes]
    step = kind.itemsize
    if all(dtype[axis] == kind for axis in axes) and offsets == [first, first + step, first + 2 * step]:
        rows = np.dtype({"names": ["p"], "formats": [(kind, (3,))], "offsets": [first], "itemsize": dtype.itemsize})
        points: npt.NDArray[Any] = records.view(rows)["p"]  # (M, 3), without a copy
        return points
    return _stacked(records, axes)


def _stacked(vertices: npt.NDArray[Any], axes: Sequence[str]) -> npt.NDArray[Any]:
    return np.stack([vertices[axis] for axis in axes], axis=1)  # (M, 3)


def _check_end(stream: BinaryIO, header: Header, label: str) -> None:
    """Refuse bytes that no element accounts for, or too few: the sign of a binary file that was copied as text."""
    for element in header.elements[header.place + 1 :]:
        skip_binary(stream, element, header.order, label)
    if (extra := remaining(stream)) and stream.read(4096).strip():
        raise CloudError(f"{label}: has {extra} bytes more than its header declares", hint=TEXT_MODE)


def _read_text(stream: BinaryIO, header: Header, label: str) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    points, doubts = read_text_vertices(read_whole(stream, label).decode("latin-1"), header, label)
    types = {p.val_dtype for p in header.vertex.properties if p.name in header.axes}
    return _as_single(points) if types == {"f4"} else points, doubts


def _as_single(points: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """The points as float32, unless that moves a coordinate by more than 2^-20 of their longest side."""
    with np.errstate(over="ignore", invalid="ignore"):
        single = points.astype(np.float32)
        # Comparisons with NaN are false; NaN is refused later, in either precision.
        blurred = np.abs(single - points).max() > 2.0**-20 * np.ptp(points, axis=0).max()
    return points if blurred else single
