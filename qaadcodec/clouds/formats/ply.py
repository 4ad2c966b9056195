"""PLY files: reading the vertices of any of them, and writing plain ones."""

from __future__ import annotations

import io
import struct
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.clouds.formats.ply_header import Element, Header, read_header, vertex_element
from qaadcodec.clouds.formats.xyz import number, parse_rows, split_lines
from qaadcodec.clouds.opening import read_bytes, remaining
from qaadcodec.errors import CloudError

_STRUCT = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "f4": "f", "f8": "d"}
_ATTRIBUTES = {
    **dict.fromkeys(("nx", "ny", "nz", "normal_x", "normal_y", "normal_z"), "normals"),
    **dict.fromkeys(("red", "green", "blue", "alpha", "r", "g", "b", "a"), "colours"),
    **dict.fromkeys(("diffuse_red", "diffuse_green", "diffuse_blue"), "colours"),
    **dict.fromkeys(("s", "t", "u", "v", "texture_u", "texture_v"), "texture coordinates"),
}
_ELEMENTS = {"face": "faces", "edge": "edges", "tristrips": "triangle strips", "material": "materials"}


def read(stream: BinaryIO, label: str) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """The vertices of a PLY, (M, 3) in the type of the file, and the names of what else it has; unchecked for NaN.

    Binary coordinates keep their type. Text of type `float` becomes float32 unless that would blur it by more than
    2^-20 of the cloud's longest side, as it does with georeferenced coordinates; then it stays float64, as does all
    other text.

    Raises:
        CloudError: not a PLY, without vertices, truncated, or with text where numbers should be.
    """
    header = read_header(stream, label)
    place, vertex = vertex_element(header, label)
    _check_size(stream, header, label)
    if header.order:
        for element in header.elements[:place]:
            _skip(stream, element, header.order, label)
        points = (_read_lists if vertex.has_lists else _read_records)(stream, vertex, header.order, label)
        if not any(e.has_lists for e in header.elements):
            _check_end(stream, header, place, label)
    else:
        points = _read_text(stream, header, place, vertex, label)
    return points, _dropped(header, vertex)


def count(stream: BinaryIO, label: str) -> int:
    """How many vertices the header declares, after checking that the file is long enough for them."""
    header = read_header(stream, label)
    _, vertex = vertex_element(header, label)
    _check_size(stream, header, label)
    return vertex.count


def write(stream: BinaryIO, points: Points) -> None:
    """Write (M, 3) points as binary little-endian PLY: `float` for float32, `double` for float64."""
    kind, dtype = ("float", "<f4") if points.dtype == np.float32 else ("double", "<f8")
    axes = "".join(f"property {kind} {axis}\n" for axis in "xyz")
    stream.write(
        f"ply\nformat binary_little_endian 1.0\nelement vertex {len(points)}\n{axes}end_header\n".encode("ascii")
    )
    stream.write(np.ascontiguousarray(points, dtype).tobytes())


def _check_size(stream: BinaryIO, header: Header, label: str) -> None:
    """Refuse a file that is too short for what its header declares, before anything of that size is allocated."""
    there, needed = remaining(stream), 0
    for element in header.elements:
        # In text the shortest value is a digit and what parts it from the next, which the very last may lack.
        record = element.record_size if header.order else 2 * len(element.properties)
        if element.name == "vertex":
            size = element.count * record - (0 if header.order else 1)
            if needed + size > there:
                atleast = "at least " if element.has_lists or needed or not header.order else ""
                whole = max(0, there - needed) // record
                found = f", which is {whole} vertices" if not atleast else ""
                raise CloudError(
                    f"{label}: is truncated: {element.count} vertices need {atleast}{needed + size} bytes after the "
                    f"header, and there are {there}{found}"
                )
            return
        needed += element.count * record


def _check_end(stream: BinaryIO, header: Header, place: int, label: str) -> None:
    """Refuse bytes that no element accounts for: the sign of a binary file that was copied as text."""
    rest = sum(e.count * e.record_size for e in header.elements[place + 1 :])
    if (extra := remaining(stream) - rest) > 0 and stream.seek(rest, io.SEEK_CUR) and stream.read(4096).strip():
        raise CloudError(
            f"{label}: has {extra} bytes more than its header declares",
            hint="a binary file that was copied in text mode looks like this; copy it again",
        )


def _read_records(stream: BinaryIO, vertex: Element, order: str, label: str) -> npt.NDArray[Any]:
    if remaining(stream) < vertex.count * vertex.record_size:
        raise CloudError(f"{label}: is truncated: it ends before {vertex.count} vertices")
    dtype = np.dtype([(p.name, order + p.type) for p in vertex.properties])
    records = read_bytes(stream, vertex.count * vertex.record_size).view(dtype)
    fields: Any = dtype.fields
    (kind, first), offsets = fields["x"][:2], [fields[axis][1] for axis in "xyz"]
    step = kind.itemsize
    if all(fields[axis][0] == kind for axis in "xyz") and offsets == [first, first + step, first + 2 * step]:
        rows = np.dtype({"names": ["p"], "formats": [(kind, (3,))], "offsets": [first], "itemsize": dtype.itemsize})
        return records.view(rows)["p"]
    return np.stack([records[axis] for axis in "xyz"], axis=1)


def _read_lists(stream: BinaryIO, vertex: Element, order: str, label: str) -> npt.NDArray[np.float64]:
    """Vertices that have lists among their properties, record by record."""
    wanted = [[p.name for p in vertex.properties].index(axis) for axis in "xyz"]
    points = np.empty((vertex.count, 3), np.float64)
    for row in range(vertex.count):
        values = _read_record(stream, vertex, order, f"{label}: is truncated in vertex {row} of {vertex.count}")
        points[row] = [values[i] for i in wanted]
    kinds = {p.type for p in vertex.properties if p.name in ("x", "y", "z")}
    return points.astype(np.float32) if kinds == {"f4"} else points


def _skip(stream: BinaryIO, element: Element, order: str, label: str) -> None:
    if not element.has_lists:
        stream.seek(element.count * element.record_size, io.SEEK_CUR)
        return
    for row in range(element.count):
        _read_record(stream, element, order, f"{label}: is truncated in {element.name} {row} of {element.count}")


def _read_record(stream: BinaryIO, element: Element, order: str, truncated: str) -> list[Any]:
    """One value per property, None for a list, whose values are skipped."""
    values: list[Any] = []
    for p in element.properties:
        code = struct.Struct(order + _STRUCT[p.length_type or p.type])
        data = stream.read(code.size)
        if len(data) < code.size:
            raise CloudError(truncated)
        value = code.unpack(data)[0]
        if p.length_type:
            size = value * int(p.type[1:])
            if not 0 <= size <= remaining(stream):
                raise CloudError(truncated)
            stream.seek(size, io.SEEK_CUR)
            value = None
        values.append(value)
    return values


def _read_text(stream: BinaryIO, header: Header, place: int, vertex: Element, label: str) -> npt.NDArray[Any]:
    lines = split_lines(stream.read().decode("latin-1"))
    first = sum(e.count for e in header.elements[:place])
    rows = lines[first : first + vertex.count]
    if len(rows) < vertex.count:
        raise CloudError(f"{label}: is truncated: it ends after {len(rows)} of {vertex.count} vertices")
    line_of = header.lines + first + 1
    if vertex.has_lists:
        points = np.array(
            [_text_record(r, vertex, f"{label}: vertex {i} (line {line_of + i})") for i, r in enumerate(rows)]
        )
    else:
        names = [p.name for p in vertex.properties]
        columns = (names.index("x"), names.index("y"), names.index("z"))
        points = parse_rows(rows, columns, None, lambda row: f"{label}: vertex {row} (line {line_of + row})")
    if {p.type for p in vertex.properties if p.name in ("x", "y", "z")} == {"f4"}:
        with np.errstate(over="ignore", invalid="ignore"):
            single = points.astype(np.float32)
            # Comparisons with NaN are false, and whoever checks the coordinates finds them in either precision.
            blurred = np.abs(single - points).max() > 2.0**-20 * np.ptp(points, axis=0).max()
        return points if blurred else single
    return points


def _text_record(line: str, vertex: Element, where: str) -> list[float]:
    tokens = iter(line.split())
    found: dict[str, float] = {}
    try:
        for p in vertex.properties:
            value = number(next(tokens), where)
            if p.length_type:
                for _ in range(int(value)):
                    next(tokens)
            else:
                found[p.name] = value
    except (StopIteration, OverflowError, ValueError):
        raise CloudError(f"{where} has fewer values than its properties need") from None
    return [found[axis] for axis in "xyz"]


def _dropped(header: Header, vertex: Element) -> tuple[str, ...]:
    names = [_ATTRIBUTES.get(p.name, p.name) for p in vertex.properties if p.name not in ("x", "y", "z")]
    names += [_ELEMENTS.get(e.name, e.name) for e in header.elements if e.name != "vertex" and e.count]
    return tuple(dict.fromkeys(names))
