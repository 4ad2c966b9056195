"""Points as lines of text: XYZ files, and the rows of ASCII PLYs."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.cloud import Points, describe_unusable
from qaadcodec.errors import CloudError

_COMMENTS = ("#", "//", ";")


def read(stream: BinaryIO, label: str) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """The points of an XYZ text, (M, 3) float64, and the names of the columns that were not kept.

    A point a line, x y z first; columns are parted by blanks, commas or semicolons, whichever the first line has.
    Empty lines and those that begin with #, // or ; are skipped, and so is a first line that names the columns
    x, y, z. Further columns are not kept.

    Raises:
        CloudError: no points, a line with fewer than three numbers or with text in their place, NaN or infinity; it
            names the line.
    """
    data = stream.read()
    if not data:
        raise CloudError(f"{label}: is empty (0 bytes)")
    if b"\0" in data:
        raise CloudError(f"{label}: is not text, and not a cloud format that qaad reads")
    lines = split_lines(data.decode("utf-8-sig", "replace"))
    kept = [i for i, line in enumerate(lines) if (text := line.strip()) and not text.startswith(_COMMENTS)]
    if not kept:
        raise CloudError(f"{label}: has no points")
    first = lines[kept[0]]
    delimiter = ";" if ";" in first else "," if "," in first else None
    titles = [t.strip().strip('"').lower() for t in first.split(delimiter)]
    named = titles[:3] == ["x", "y", "z"]
    if named and not (kept := kept[1:]):
        raise CloudError(f"{label}: has no points")
    points = parse_rows([lines[i] for i in kept], (0, 1, 2), delimiter, lambda row: f"{label}: line {kept[row] + 1}")
    if (bad := ~np.isfinite(points).all(axis=1)).any():
        row = int(bad.argmax())
        raise CloudError(f"{label}: line {kept[row] + 1} has {describe_unusable(points[row].tolist())}")
    columns = len([t for t in lines[kept[0]].split(delimiter) if t.strip()])
    extra = titles[3:] if named else [f"column {i}" for i in range(4, columns + 1)]
    return points, tuple(dict.fromkeys(t for t in extra if t))


def write(stream: BinaryIO, points: Points) -> None:
    """Write (M, 3) points a line each, with as many digits as bring every float32 or float64 back exactly."""
    np.savetxt(stream, points, fmt="%.9g" if points.dtype == np.float32 else "%.17g")


def split_lines(text: str) -> list[str]:
    """The lines of a text as editors count them: ended by LF, CR LF or CR, and unlike str.splitlines nothing else."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def parse_rows(
    rows: Sequence[str], columns: tuple[int, int, int], delimiter: str | None, where: Callable[[int], str]
) -> npt.NDArray[np.float64]:
    """Three columns of lines of text as (M, 3) float64.

    Args:
        rows: a point each, none of them empty if it is to be counted.
        columns: places of x, y and z.
        delimiter: what parts the columns; None for blanks.
        where: names a row in messages.

    Raises:
        CloudError: a row has too few columns or text where a number should be.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of empty lines, which the count below notices
            points = np.loadtxt(
                rows, np.float64, comments=None, delimiter=delimiter, usecols=columns, ndmin=2, encoding=None
            )
        if points.shape == (len(rows), 3):
            return points
    except ValueError:
        pass
    # numpy tells neither the line of the file nor the text: look again, slowly, for the first row that is off.
    points = np.empty((len(rows), 3), np.float64)
    for i, row in enumerate(rows):
        tokens = row.split(delimiter)
        if len(tokens) <= max(columns):
            raise CloudError(f"{where(i)} has {len(tokens)} of the {max(columns) + 1} numbers it needs")
        points[i] = [number(tokens[c], where(i)) for c in columns]
    return points


def number(token: str, where: str) -> float:
    """The number that a token spells, NaN and infinities included; CloudError with `where` if it spells none."""
    try:
        if re.fullmatch(r"\s*[-+0-9.eEinfatyINFATY]+\s*", token):
            return float(token)
    except ValueError:
        pass
    shown = token.strip() if len(token.strip()) <= 40 else token.strip()[:40] + "…"
    raise CloudError(f"{where}: {shown!r} is not a number")


def looks_like_text(start: bytes) -> bool:
    """Whether a file that begins so may be an XYZ text: its first line that is no comment holds a number first."""
    if b"\0" in start:
        return False
    for line in io.StringIO(start.decode("utf-8-sig", "replace")):
        if (text := line.strip()) and not text.startswith(_COMMENTS):
            return re.match(r'[-+]?[.0-9]|"?[xX]"?[\s,;]', text) is not None
    return False
