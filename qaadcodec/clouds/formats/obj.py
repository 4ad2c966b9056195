"""OBJ files of Wavefront: their vertices and faces ("Object Files", Advanced Visualizer manual, appendix B1).

They are parsed here: trimesh writes a vertex once for each texture coordinate and material that it meets, and leaves
out those that no face has, so that counts are not those of the file. Material files and textures are never opened.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import partial

import numpy as np

from qaadcodec.arrays import Longs, Rows
from qaadcodec.clouds.cloud import Unit
from qaadcodec.clouds.formats.polygons import fans
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.formats.rows import MAYBE_CUT, is_cut, parse_rows, split_lines
from qaadcodec.clouds.opening import Place, read_whole
from qaadcodec.clouds.surface import WITHOUT_FACES
from qaadcodec.errors import CloudError

# What else a line may begin with, and what messages call it.
_OTHERS = {
    "vn": "normals",
    "vt": "texture coordinates",
    "l": "lines",
    "p": "point elements",
    **dict.fromkeys(("usemtl", "mtllib", "usemap", "maplib"), "materials"),
    **dict.fromkeys(("vp", "cstype", "deg", "bmat", "step", "curv", "curv2", "surf"), "free-form surfaces"),
}
_GROUPING = ("g", "s", "o", "mg", "end", "con", "bevel", "c_interp", "d_interp", "lod", "shadow_obj", "trace_obj")
_CURVES = ("parm", "trim", "hole", "scrv", "sp", "ctech", "stech", "call", "csh")
_IGNORED = frozenset(_GROUPING + _CURVES)
_COLUMNS = (1, 2, 3)  # behind the keyword


def read(place: Place) -> Contents:
    """The vertices, (M, 3) float64, and the names of what else the file has; faces when points are drawn from them.

    Raises:
        CloudError: the file is no OBJ or has no vertices; a line begins with an unknown word, has fewer than three
            coordinates, more or fewer columns than the others, or text in their place. The message names the line.
    """
    label = place.label
    with place.opened() as stream:
        text = read_whole(stream, label).decode("utf-8-sig", "replace")
    if not text:
        raise CloudError(f"{label}: is empty (0 bytes)")
    if "\0" in text:
        raise CloudError(f"{label}: is not an OBJ file: it is no text")
    lines = split_lines(text)
    places = _by_keyword(lines, label)
    if not places["v"]:
        raise CloudError(f"{label}: has no vertices")
    rows = [_logical(lines, at) for at in places["v"]]
    where = partial(_where, label, "vertex", places["v"])
    width = len(rows[0].split()) - 1
    points = parse_rows(rows, _COLUMNS, None, where)
    dropped = ["weights"] * (width == 4) + ["colours"] * (width >= 6)
    dropped += [
        what for what in dict.fromkeys(_OTHERS.values()) if any(places[k] for k, w in _OTHERS.items() if w == what)
    ]
    doubts: tuple[str, ...] = ()
    last = max(at[-1] for at in places.values() if at)
    if text[-1] not in "\r\n" and last == len(lines) - 1:
        if places["v"][-1] == last and is_cut(rows, None):
            raise CloudError(f"{label}: is truncated: it ends within line {last + 1}, without a newline")
        doubts = (MAYBE_CUT,)
    if not places["f"]:
        return Contents(points, tuple(dropped), doubts, triangles=None)
    faces = partial(_faces, lines, places["v"], places["f"], label)
    return Contents(points, (*dropped, "faces"), doubts, triangles=faces)


def _by_keyword(lines: Sequence[str], label: str) -> dict[str, list[int]]:
    """The places of the lines that begin with each keyword; a line that goes on behind a backslash counts once."""
    found: dict[str, list[int]] = {key: [] for key in ("v", "f", *_OTHERS)}
    goes_on = False
    for at, line in enumerate(lines):
        before, goes_on = goes_on, line.endswith("\\")
        if before:
            continue
        keyword = (line.split(None, 1) or [""])[0]
        if keyword in found:
            found[keyword].append(at)
        elif keyword and keyword[0] != "#" and keyword not in _IGNORED:
            raise CloudError(f"{label}: line {at + 1} is not understood: {line.strip()[:80]!r}")
    return found


def _logical(lines: Sequence[str], at: int) -> str:
    """A line, with those that it goes on with behind backslashes."""
    parts = [lines[at]]
    while parts[-1].endswith("\\"):
        at += 1
        parts[-1] = parts[-1][:-1]
        parts.append(lines[at] if at < len(lines) else "")
    return " ".join(parts)


def _where(label: str, what: str, places: Sequence[int], i: int) -> str:
    return f"{label}: {what} {i} (line {places[i] + 1})"


def _faces(lines: Sequence[str], vertices: Sequence[int], faces: Sequence[int], label: str) -> Rows:
    """The faces as triangles (T, 3): corners are v, v/vt, v/vt/vn or v//vn, from 1 on or, below zero, from the last."""
    where = partial(_where, label, "face", faces)
    text = "\n".join(_logical(lines, at) for at in faces)
    rows = [row.split()[1:] for row in re.sub(r"/\S*", "", text).split("\n")]
    lengths: Longs = np.fromiter(map(len, rows), np.int64, len(rows))
    try:
        corners: Longs = np.fromiter(map(int, itertools.chain.from_iterable(rows)), np.int64, int(lengths.sum()))
    except (ValueError, OverflowError):
        odd = next(i for i, row in enumerate(rows) if not all(re.fullmatch(r"[-+]?[0-9]{1,18}", word) for word in row))
        shown = _logical(lines, faces[odd]).strip()[:80]
        raise CloudError(f"{where(odd)} is not understood: {shown!r}", hint=WITHOUT_FACES) from None
    if (corners <= 0).any():
        before = np.repeat(np.searchsorted(np.array(vertices), np.array(faces)), lengths)  # vertices above the face
        corners = np.where(corners < 0, before + corners + 1, corners)  # zero stays, and is no vertex
    return fans(lengths, corners - 1, len(vertices), where)


def sniff(start: bytes) -> bool:
    """Whether a file that begins so may be OBJ: its first line that is no comment has a keyword that only OBJ has."""
    if b"\0" in start:
        return False
    for line in split_lines(start.decode("utf-8-sig", "replace")):
        if (text := line.strip()) and not text.startswith("#"):
            numbers = r"(?:\s+[-+.0-9eE]+){2,}\s*"
            return re.fullmatch(rf"(?:mtllib|usemtl|o|g)\s+\S.*|(?:v|vn|vt){numbers}", text) is not None
    return False


FORMAT = CloudFormat(
    name="obj",
    suffixes=(".obj",),
    sniff=sniff,
    is_text=True,
    unit=Unit("vertex", "vertices"),
    read=read,
)
