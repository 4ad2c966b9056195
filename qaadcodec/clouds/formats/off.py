"""OFF files of text: the vertices of any of them are read, and plain ones are written (Geomview's manual, "OFF")."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from functools import partial
from typing import BinaryIO, NamedTuple

import numpy as np

from qaadcodec.arrays import Rows
from qaadcodec.clouds.cloud import Points, Unit
from qaadcodec.clouds.formats.polygons import fans
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.formats.rows import MAYBE_CUT, is_cut, parse_rows, split_lines, write_rows
from qaadcodec.clouds.opening import Place, read_whole, remaining
from qaadcodec.clouds.surface import WITHOUT_FACES
from qaadcodec.errors import CloudError

# The letters say what a vertex has. `4` is for a fourth coordinate and `n` for any number of them: no clouds.
_KEYWORD = re.compile(r"(ST)?(C)?(N)?(4n|4|n)?OFF(?![A-Za-z])\s*(.*)")
_HAVE = ((1, "texture coordinates"), (2, "colours"), (3, "normals"))
_COUNTS = re.compile(r"([0-9]{1,18})\s+([0-9]{1,18})(\s+[0-9]{1,18})?")
_LARGEST_HEADER = 1 << 16
_SHORTEST_VERTEX = 6  # bytes: three digits, two blanks and the end of the line, which the last one may lack


class Header(NamedTuple):
    """What an OFF file declares.

    Attributes:
        vertices, faces: how many there are.
        lines: lines of the file up to and with that of the counts.
        dropped: what the file has besides the coordinates.
    """

    vertices: int
    faces: int
    lines: int
    dropped: tuple[str, ...]


def read(place: Place) -> Contents:
    """The vertices, (M, 3) float64, not checked for NaN, and the names of what else the file has.

    A vertex is a line that begins with x, y and z. Empty lines are skipped, and so is everything behind a #. What
    follows the vertices are the faces, of which only the lines are counted, until points are to be drawn from them.

    Raises:
        CloudError: the file is no OFF of text, has no vertices, has fewer or more lines than its header declares, its
            vertices differ in their number of columns, or have text where numbers should be; the message names the
            vertex and the line.
    """
    label = place.label
    with place.opened() as stream:
        header = read_header(stream, label)
        stream.seek(0)
        text = read_whole(stream, label).decode("latin-1")
    lines = split_lines(text)
    if "#" in text:
        lines = [_without_comment(line) for line in lines]
    places = [at for at in range(header.lines, len(lines)) if lines[at] and not lines[at].isspace()]
    rows = [lines[at] for at in places[: header.vertices]]
    if len(rows) < header.vertices:
        raise CloudError(f"{label}: is truncated: it ends after {len(rows)} of {header.vertices} vertices")
    points = parse_rows(rows, (0, 1, 2), None, lambda row: f"{label}: vertex {row} (line {places[row] + 1})")
    faces = len(places) - header.vertices
    if faces < header.faces:
        raise CloudError(f"{label}: is truncated: it ends after {faces} of {header.faces} faces")
    if faces > header.faces:
        first = places[header.vertices + header.faces] + 1
        raise CloudError(
            f"{label}: has {faces - header.faces} lines more than its header declares, from line {first} on"
        )
    if header.faces or text[-1] in "\r\n":
        triangles = None
        if header.faces:
            polygons = [lines[at] for at in places[header.vertices :]]
            triangles = partial(
                _faces, polygons, len(points), lambda i: f"{label}: face {i} (line {places[header.vertices + i] + 1})"
            )
        return Contents(points, header.dropped, triangles=triangles)
    if is_cut(rows, None):
        raise CloudError(
            f"{label}: is truncated: it ends within vertex {len(rows) - 1} of {len(rows)}, without a newline"
        )
    return Contents(points, header.dropped, (MAYBE_CUT,))


def _faces(lines: Sequence[str], vertices: int, where: Callable[[int], str]) -> Rows:
    """The faces as triangles (T, 3): a line each, the number of its corners, then these, then perhaps colours."""
    lengths, corners = np.empty(len(lines), np.int64), array("q")
    for i, line in enumerate(lines):
        tokens = line.split()
        try:
            length = int(tokens[0])
            corners.extend(map(int, tokens[1 : length + 1]))
        except (ValueError, OverflowError):  # no whole number, or none that 64 bits hold
            raise CloudError(f"{where(i)}: {line.strip()[:40]!r} is no face", hint=WITHOUT_FACES) from None
        if not 0 <= length < len(tokens):
            raise CloudError(f"{where(i)} counts {length} corners and has {len(tokens) - 1}", hint=WITHOUT_FACES)
        lengths[i] = length
    return fans(lengths, np.array(corners, np.int64), vertices, where)


def count(place: Place) -> int:
    """How many vertices the header declares, once it is clear that the file is long enough for them."""
    with place.opened() as stream:
        return read_header(stream, place.label).vertices


def read_header(stream: BinaryIO, label: str) -> Header:
    """Read the keyword and the counts at the beginning of a stream.

    The counts stand on the line of the keyword or on the next one that is not empty. Files of ModelNet that lack the
    blank between keyword and counts ("OFF490 518 0") are read as they are meant.

    Raises:
        CloudError: the stream is no OFF of text, its header is cut off, longer than 64 KiB or not understood, there are
            no vertices, or the file is too short for the vertices that the header declares.
    """
    start = stream.read(_LARGEST_HEADER)
    if not start:
        raise CloudError(f"{label}: is empty (0 bytes)")
    lines = _numbered(split_lines(start.decode("latin-1")))
    keyword = _KEYWORD.fullmatch(lines[0][1]) if lines else None
    if not keyword:
        raise CloudError(f"{label}: is not an OFF file; it does not begin with a line 'OFF'")
    if keyword[4]:
        raise CloudError(f"{label}: has vertices of other than three coordinates: {keyword[0][:80]!r}")
    number, counts = (lines[0][0], keyword[5]) if keyword[5] else lines[1] if len(lines) > 1 else (0, "")
    if counts.startswith("BINARY"):
        raise CloudError(f"{label}: is a binary OFF file, and qaad reads those of text", hint="convert it to PLY")
    if not counts:
        cut = len(start) < _LARGEST_HEADER
        raise CloudError(f"{label}: " + ("is truncated in its header" if cut else "has no counts in its first 64 KiB"))
    if not (declared := _COUNTS.fullmatch(counts)):
        raise CloudError(f"{label}: line {number} should count vertices, faces and edges: {counts[:80]!r}")
    vertices, size = int(declared[1]), len(start) + remaining(stream)
    if not vertices:
        raise CloudError(f"{label}: has no vertices (line {number}: {counts!r})")
    if (needed := _SHORTEST_VERTEX * vertices - 1) > size:
        raise CloudError(f"{label}: is truncated: {vertices} vertices need at least {needed} bytes, and it has {size}")
    dropped = [what for group, what in _HAVE if keyword[group]] + ["faces"] * (int(declared[2]) > 0)
    return Header(vertices, int(declared[2]), number, tuple(dropped))


def write_one(stream: BinaryIO, points: Points) -> None:
    """Write (M, 3) points as the vertices of a file without faces, with digits that bring every value back."""
    stream.write(f"OFF\n{len(points)} 0 0\n".encode())
    write_rows(stream, points)


def sniff(start: bytes) -> bool:
    """Whether a file that begins so may be OFF: its first line that is no comment begins with the keyword."""
    lines = _numbered(split_lines(start.decode("latin-1")))
    return bool(lines) and _KEYWORD.fullmatch(lines[0][1]) is not None


def _numbered(lines: Sequence[str]) -> list[tuple[int, str]]:
    """The first two lines that say something, with their numbers, without comments."""
    kept = ((number, text) for number, line in enumerate(lines, 1) if (text := _without_comment(line)))
    return [line for line, _ in zip(kept, range(2), strict=False)]


def _without_comment(line: str) -> str:
    return line.partition("#")[0].strip()


FORMAT = CloudFormat(
    name="off",
    suffixes=(".off",),
    sniff=sniff,
    is_text=True,
    unit=Unit("vertex", "vertices"),
    count=count,
    read=read,
    write_one=write_one,
)
