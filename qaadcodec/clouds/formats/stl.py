"""STL files, binary and of text: triangles that each write their corners anew. Equal corners become one vertex.

They are parsed here: trimesh takes a file of text that is cut off for an empty scene, and says nothing.
"""

from __future__ import annotations

import re
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Rows
from qaadcodec.clouds.cloud import Unit
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.formats.rows import parse_rows, split_lines
from qaadcodec.clouds.opening import Place, read_bytes, read_whole, remaining
from qaadcodec.errors import CloudError

_HEADER = 84  # bytes: 80 of any kind, and the number of triangles
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_LINES = re.compile(r"solid\b.*|facet\s+normal\b.*|outer\s+loop|vertex\s.*|endloop|endfacet|endsolid\b.*", re.I)


def read(place: Place) -> Contents:
    """The vertices, (M, 3), without repetition and in the order of their coordinates: float32, of text float64.

    A file is binary if it has the size that its count of triangles asks for, and text if it begins with "solid".

    Raises:
        CloudError: it is neither, is truncated or has no triangles; in text, a line is not understood, or a triangle
            has not three vertices. The message names the line.
    """
    label = place.label
    with place.opened() as stream:
        size = remaining(stream)
        if not size:
            raise CloudError(f"{label}: is empty (0 bytes)")
        start = stream.read(_HEADER)
        count = int.from_bytes(start[80:84], "little")
        is_whole = size == _HEADER + count * _TRIANGLE.itemsize and len(start) == _HEADER
        if not is_whole and start.lstrip()[:5].lower() == b"solid" and b"\0" not in start:
            stream.seek(0)
            corners: npt.NDArray[Any] = _text(read_whole(stream, label).decode("latin-1"), label)
            return _merged(corners, ("normals",))
        corners, dropped = _binary(stream, start, size, label)
    return _merged(corners, dropped)


def _binary(stream: BinaryIO, start: bytes, size: int, label: str) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """The corners (T, 3, 3) of a binary file behind its header, and what else it has."""
    if len(start) < _HEADER:
        raise CloudError(f"{label}: is not an STL file, or truncated: it has {size} bytes, and a header has {_HEADER}")
    count = int.from_bytes(start[80:84], "little")
    needed = _HEADER + count * _TRIANGLE.itemsize
    if size < needed:
        raise CloudError(f"{label}: is truncated: {count} triangles need {needed} bytes, and it has {size}")
    if size > needed:
        raise CloudError(f"{label}: has {size - needed} bytes more than its {count} triangles need")
    if not count:
        raise CloudError(f"{label}: has no triangles")
    triangles = read_bytes(stream, size - _HEADER).view(_TRIANGLE)
    return triangles["corners"], ("normals", *(("attributes",) if triangles["attribute"].any() else ()))


def _text(text: str, label: str) -> npt.NDArray[np.float64]:
    """The corners (T, 3, 3) of a file of text."""
    lines = [line.strip() for line in split_lines(text)]
    kept = [i for i, line in enumerate(lines) if line]
    words = [lines[i].split(None, 1)[0].lower() for i in kept]
    cut = words.count("endsolid") < words.count("solid")
    last = kept[-1]
    for i in kept:
        if not _LINES.fullmatch(lines[i]) and not (cut and i == last):
            raise CloudError(f"{label}: line {i + 1} is not understood: {lines[i][:80]!r}")
    if cut:
        raise CloudError(f"{label}: is truncated: it ends in line {last + 1}, before endsolid")
    rows = [i for i, word in zip(kept, words, strict=True) if word == "vertex"]
    facet = ["facet", "outer", "vertex", "vertex", "vertex", "endloop", "endfacet"]
    inside = [(i, word) for i, word in zip(kept, words, strict=True) if word not in ("solid", "endsolid")]
    for at, (i, word) in enumerate(inside):
        if word != facet[at % len(facet)]:
            raise CloudError(f"{label}: line {i + 1} should begin with {facet[at % len(facet)]}: {lines[i][:80]!r}")
    if not rows:
        raise CloudError(f"{label}: has no triangles")
    if len(inside) % len(facet):
        raise CloudError(f"{label}: is truncated: its last triangle ends in line {inside[-1][0] + 1}")
    chosen = [lines[i] for i in rows]
    points = parse_rows(chosen, (1, 2, 3), None, lambda row: f"{label}: vertex {row} (line {rows[row] + 1})")
    return points.reshape(-1, 3, 3)


def _merged(corners: npt.NDArray[Any], dropped: tuple[str, ...]) -> Contents:
    """The distinct corners, and the triangles by them; numpy.unique takes six times as long for rows."""
    rows = np.ascontiguousarray(corners).reshape(-1, 3) + 0  # so that -0 is 0
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    first = np.ones(len(rows), np.bool_)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    vertices, which = ordered[first], np.empty(len(rows), np.int64)
    which[order] = np.cumsum(first) - 1
    triangles: Rows = which.reshape(-1, 3)
    again = ("repeated vertices",) if len(vertices) < len(rows) else ()
    return Contents(vertices, (*dropped, "faces", *again), triangles=lambda: triangles)


def sniff(start: bytes) -> bool:
    """Whether a file that begins so may be STL: text of facets, or records whose normals have the length 1 or 0."""
    if start.lstrip()[:5].lower() == b"solid" and b"facet" in start.lower():
        return True
    count = int.from_bytes(start[80:84], "little")
    whole = min((len(start) - _HEADER) // _TRIANGLE.itemsize, count) if len(start) > _HEADER else 0
    if whole < 1:
        return False
    records = np.frombuffer(start, _TRIANGLE, whole, _HEADER)
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(records["normal"].astype(np.float64), axis=1)
        unit = (lengths == 0) | (np.abs(lengths - 1) < 0.01)
    return bool(unit.all() and np.isfinite(records["corners"]).all() and records["corners"].any())


FORMAT = CloudFormat(
    name="stl",
    suffixes=(".stl",),
    sniff=sniff,
    unit=Unit("vertex", "vertices"),
    read=read,
)
