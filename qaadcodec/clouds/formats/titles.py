"""Which columns of text are x, y and z: by their names, in a line of titles or in a comment.

Names are known as CloudCompare, COLMAP, PDAL, ParaView, Slicer and spreadsheets write them: x or X, "Points:0" or
Points_X, pos_x, with a unit behind it ("x [mm]"), in quotes or without, in any order and among other columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from qaadcodec.clouds.formats.rows import Columns, cells
from qaadcodec.errors import CloudError

# In the order in which they are looked for: where a file has columns x and Points:0, x is meant.
_PATTERNS = (
    re.compile(r"([xyz])(?::[0-9]+)?"),
    re.compile(r"(?:points?|coordinates?|coords?|positions?|pos)[:_.]?([xyz012])|([xyz])_(?:coord|coordinate|pos)"),
)
_UNIT = re.compile(r" ?(?:\([^()]{0,40}\)|\[[^][]{1,40}\])$")
_EXPLICIT = re.compile(r"(?:columns|fields)\s*[=:]\s*(.*)", re.IGNORECASE)
_LONGEST = 1 << 14  # characters of a line that names columns
_LATEST = 100  # comments that are looked at, from the points upwards
_MARKS = "#/;% \t"


class Line(NamedTuple):
    """A line of a text, and its number, counted from 1."""

    number: int
    text: str


class Titles(NamedTuple):
    """The names of columns.

    Attributes:
        columns: the places of x, y and z.
        names: of all columns, in lower case; the last may stand for any number of columns, see `ragged`.
        ragged: rows may have more columns than there are names, as tracks of COLMAP's points have: "TRACK[]".
        explicit: the line leaves no doubt that it names the columns.
        number: of the line that has them.
    """

    columns: Columns
    names: tuple[str, ...]
    ragged: bool
    explicit: bool
    number: int


def titles_in(line: Line, label: str) -> Titles | None:
    """The names in a line of titles; None if it does not name x, y and z. CloudError if it names one of them twice."""
    text = line.text.strip()
    return _titles(text, line.number, label, explicit=True)


def titles_in_comments(comments: Sequence[Line], row: Line, delimiter: str | None, label: str) -> Titles | None:
    """The names in the last comment that names x, y and z and goes with the first row; None if none does.

    Prose may have the words x, y and z: a comment with more words than there are columns names none of them.

    Raises:
        CloudError: a comment can only mean the columns, and does not name x, y and z, or puts something in front of x
            and has another number of names than the row has columns.
    """
    for comment in reversed(comments[-_LATEST:]):
        text = comment.text.strip().lstrip(_MARKS)
        match = _EXPLICIT.fullmatch(text)
        try:
            found = _titles(match[1] if match else text, comment.number, label, explicit=match is not None)
        except CloudError:
            continue  # prose has the same word twice
        width = len(cells(row.text, delimiter))
        if found is None:
            if match and len(cells(match[1], _delimiter(match[1]))) == width:
                raise CloudError(f"{label}: line {comment.number} names {width} columns, and not x, y and z among them")
            continue
        if fits(found, row, delimiter):
            return found
        listed = found.explicit or _delimiter(text) is not None
        if found.columns != (0, 1, 2) and (listed or len(found.names) < width):
            raise does_not_fit(found, row, delimiter, label)
    return None


def fits(titles: Titles, row: Line, delimiter: str | None) -> bool:
    """Whether a row has a column for each name; a delimiter at its end does not count."""
    tokens = cells(row.text, delimiter)
    names = len(titles.names)
    if titles.ragged:
        return len(tokens) >= names - 1
    return len(tokens) == names or (len(tokens) == names + 1 and not tokens[-1].strip())


def does_not_fit(titles: Titles, row: Line, delimiter: str | None, label: str) -> CloudError:
    """The error that a row has more or fewer columns than there are names."""
    width = len(cells(row.text, delimiter))
    return CloudError(
        f"{label}: line {titles.number} names {len(titles.names)} columns, and line {row.number} has {width}",
        hint="name all columns, or none: without names the first three are x, y and z",
    )


def _titles(text: str, number: int, label: str, *, explicit: bool) -> Titles | None:
    if len(text) > _LONGEST:
        return None
    named = [name.strip().strip('"').strip().lower() for name in cells(text, _delimiter(text))]
    many = next((i for i, name in enumerate(named) if "[]" in name), None)
    if many is not None:
        named = [*named[:many], named[many].partition("[]")[0]]
    plain = [_UNIT.sub("", name) for name in named]
    for pattern in _PATTERNS:
        places: dict[str, list[int]] = {"x": [], "y": [], "z": []}
        for i, name in enumerate(plain):
            if match := pattern.fullmatch(name):
                axis = next(group for group in match.groups() if group)
                places[{"0": "x", "1": "y", "2": "z"}.get(axis, axis)].append(i)
        if not all(places.values()):
            continue
        for axis, found in places.items():
            if len(found) > 1:
                raise CloudError(f"{label}: line {number} names {len(found)} columns {axis}")
        (x,), (y,), (z,) = places.values()
        return Titles((x, y, z), tuple(named), many is not None, explicit, number)
    return None


def _delimiter(text: str) -> str | None:
    """What parts the names of a line: a semicolon, a comma or a tab if it has one, or else blanks."""
    return next((mark for mark in ";,\t" if mark in text), None)
