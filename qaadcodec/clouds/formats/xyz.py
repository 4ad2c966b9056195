"""XYZ text: a point a line, in columns that a line of titles or a comment may name; else x y z first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.formats.rows import MAYBE_CUT, cells, is_cut, parse_rows, split_lines, write_rows
from qaadcodec.clouds.formats.titles import Line, Titles, does_not_fit, fits, titles_in, titles_in_comments
from qaadcodec.clouds.opening import Place, read_whole
from qaadcodec.errors import CloudError

_COMMENTS = ("#", "//", ";", "%")


def read(place: Place) -> Contents:
    """The points of the text as (M, 3) float64; the names of the other columns are what is dropped.

    The columns are parted by blanks, commas or semicolons, whichever the first point has. Empty lines and those that
    begin with #, //, ; or % are skipped. A first line of one whole number counts the points. The first three columns
    are x, y and z, unless a line of titles, or a comment before the points, names them: see `titles`. A last line that
    is cut for certain is left out.

    Raises:
        CloudError: there are no points, another number than the first line counts, or another number of columns than
            are named; a line has fewer than three numbers, text in their place, or more or fewer columns than the
            others. The message names the line.
    """
    label = place.label
    with place.opened() as stream:
        data = read_whole(stream, label)
    if not data:
        raise CloudError(f"{label}: is empty (0 bytes)")
    if b"\0" in data:
        raise CloudError(f"{label}: is not text, and not a cloud format that qaad reads")
    text = data.decode("utf-8-sig", "replace")
    lines = split_lines(text)
    kept = [i for i, line in enumerate(lines) if (said := line.strip()) and not said.startswith(_COMMENTS)]
    comments = [Line(i + 1, lines[i]) for i in range(kept[0] if kept else 0) if lines[i].strip()]
    kept = _without_count(lines, kept, label)
    titles = titles_in(Line(kept[0] + 1, lines[kept[0]]), label) if kept else None
    if titles:
        kept = kept[1:]
    if not kept:
        raise CloudError(f"{label}: has no points")
    row = Line(kept[0] + 1, lines[kept[0]])
    delimiter = ";" if ";" in row.text else "," if "," in row.text else None
    if titles is None:
        titles = titles_in_comments(comments, row, delimiter, label)
    elif not fits(titles, row, delimiter):
        raise does_not_fit(titles, row, delimiter, label)
    ragged = titles is not None and titles.ragged
    doubts: tuple[str, ...] = ()
    if text[-1] not in "\r\n" and kept[-1] == len(lines) - 1:
        doubts = (MAYBE_CUT,)
        if is_cut([lines[i] for i in kept], delimiter, ragged=ragged):
            kept.pop()
            doubts = (f"{MAYBE_CUT}: it is left out",)
    columns = titles.columns if titles else (0, 1, 2)
    rows = [lines[i] for i in kept]
    points = parse_rows(rows, columns, delimiter, lambda i: f"{label}: line {kept[i] + 1}", ragged=ragged)
    return Contents(points, _dropped(titles, row, delimiter), doubts, lambda i: f"line {kept[i] + 1}")


def _without_count(lines: Sequence[str], kept: list[int], label: str) -> list[int]:
    """The lines without a first one that counts the others, as scanners of Leica and FARO write it."""
    counts = re.fullmatch(r"\s*([0-9]{1,18})\s*", lines[kept[0]]) if len(kept) > 1 else None
    if not counts:
        return kept
    counted, there = int(counts[1]), len(kept) - 1  # of the digits: \s matches more than `int` leaves out
    if counted != there:
        cut = "is truncated: " if counted > there else ""
        raise CloudError(f"{label}: {cut}line {kept[0] + 1} counts {counted} points, and {there} lines follow")
    return kept[1:]


def _dropped(titles: Titles | None, row: Line, delimiter: str | None) -> tuple[str, ...]:
    """The columns that are not kept, by name or by number."""
    if titles is None:
        width = len([token for token in cells(row.text, delimiter) if token.strip()])
        return tuple(f"column {i}" for i in range(4, width + 1))
    others = (name for i, name in enumerate(titles.names) if i not in titles.columns)
    return tuple(dict.fromkeys(name for name in others if name))


def sniff(start: bytes) -> bool:
    """Whether a file that begins so may be XYZ text: its first line that is no comment begins with a number or titles.

    What is cut off behind the start does not matter.
    """
    if b"\0" in start:
        return False
    for line in split_lines(start.decode("utf-8-sig", "replace")):
        if (text := line.strip()) and not text.startswith(_COMMENTS):
            return re.match(r"[-+]?[.0-9]", text) is not None or _names_axes(text)
    return False


def _names_axes(text: str) -> bool:
    try:
        return titles_in(Line(1, text), "") is not None
    except CloudError:
        return False


FORMAT = CloudFormat(
    name="xyz",
    suffixes=(".xyz",),
    named_suffixes=(".txt", ".csv", ".asc", ".pts", ".fcsv"),
    sniff=sniff,
    is_text=True,
    read=read,
    write_one=write_rows,
)
