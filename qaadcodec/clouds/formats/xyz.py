"""XYZ text: a point a line, x y z first."""

from __future__ import annotations

import io
import re

from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.formats.rows import MAYBE_CUT, cells, parse_rows, split_lines, write_rows
from qaadcodec.clouds.opening import Place
from qaadcodec.errors import CloudError

_COMMENTS = ("#", "//", ";")
_HALF_A_NUMBER = re.compile(r"[-+]?\.?|[-+]?[0-9]*\.?[0-9]*[eE][-+]?")


def read(place: Place) -> Contents:
    """The points of the text as (M, 3) float64; the names of the further columns are what is dropped.

    The columns are parted by blanks, commas or semicolons, whichever the first line has. Empty lines and those that
    begin with #, // or ; are skipped, and so is a first line that names the columns x, y, z.

    Raises:
        CloudError: there are no points, or a line has fewer than three numbers, text in their place, or more or fewer
            columns than the others; the message names the line. A last line that is cut for certain is left out.
    """
    label = place.label
    with place.opened() as stream:
        data = stream.read()
    if not data:
        raise CloudError(f"{label}: is empty (0 bytes)")
    if b"\0" in data:
        raise CloudError(f"{label}: is not text, and not a cloud format that qaad reads")
    text = data.decode("utf-8-sig", "replace")
    lines = split_lines(text)
    kept = [i for i, line in enumerate(lines) if (said := line.strip()) and not said.startswith(_COMMENTS)]
    if not kept:
        raise CloudError(f"{label}: has no points")
    first = lines[kept[0]]
    delimiter = ";" if ";" in first else "," if "," in first else None
    titles = [t.strip().strip('"').lower() for t in first.split(delimiter)]
    named = titles[:3] == ["x", "y", "z"]
    if named and not (kept := kept[1:]):
        raise CloudError(f"{label}: has no points")
    doubts: tuple[str, ...] = ()
    if text[-1] not in "\r\n" and kept[-1] == len(lines) - 1:
        doubts = (MAYBE_CUT,)
        if len(kept) > 1 and _is_cut(lines[kept[-1]], lines[kept[-2]], delimiter):
            doubts = (f"{MAYBE_CUT}: line {kept.pop() + 1} is left out",)
    points = parse_rows([lines[i] for i in kept], (0, 1, 2), delimiter, lambda row: f"{label}: line {kept[row] + 1}")
    columns = len([t for t in lines[kept[0]].split(delimiter) if t.strip()])
    extra = titles[3:] if named else [f"column {i}" for i in range(4, columns + 1)]
    dropped = tuple(dict.fromkeys(t for t in extra if t))
    return Contents(points, dropped, doubts, row=lambda row: f"line {kept[row] + 1}")


def _is_cut(last: str, before: str, delimiter: str | None) -> bool:
    """Whether a last line is cut for certain: it has fewer columns than the line before, or ends in half a number."""
    tokens, whole = cells(last, delimiter), cells(before, delimiter)
    return len(tokens) < len(whole) or _HALF_A_NUMBER.fullmatch(tokens[-1].strip()) is not None


def sniff(start: bytes) -> bool:
    """Whether a file that begins so may be XYZ text: its first line that is no comment begins with a number or x."""
    if b"\0" in start:
        return False
    for line in io.StringIO(start.decode("utf-8-sig", "replace")):
        if (text := line.strip()) and not text.startswith(_COMMENTS):
            return re.match(r'[-+]?[.0-9]|"?[xX]"?[\s,;]', text) is not None
    return False


FORMAT = CloudFormat(
    name="xyz",
    suffixes=(".xyz",),
    named_suffixes=(".txt", ".csv", ".asc"),
    sniff=sniff,
    is_text=True,
    read=read,
    write_one=write_rows,
)
