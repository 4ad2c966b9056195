"""Rows of numbers in text, which XYZ, OFF and PLY files share."""

from __future__ import annotations

import contextlib
import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Doubles
from qaadcodec.clouds.cloud import Points
from qaadcodec.clouds.formats.warned import warnings_as
from qaadcodec.errors import CloudError

MAYBE_CUT = "ends without a newline, so its last line may be cut"
"""What is doubtful of text that ends so"""

_HALF_A_NUMBER = re.compile(r"[-+]?\.?|[-+]?[0-9]*\.?[0-9]*[eE][-+]?")
# The numbers of older compilers of Microsoft that are none.
_MICROSOFT = re.compile(r"([-+]?)(?:nan\((?:s?nan|ind)\)|1\.#(?:(?:[qs]nan|ind)|(inf))[0-9]*)", re.IGNORECASE)

_FIXED = 4  # rows that have to agree in their decimals before that tells anything

Columns = tuple[int, int, int]
"""The places of x, y and z among the columns, counted from zero"""


def split_lines(text: str) -> list[str]:
    """The lines of a text as editors count them: ended by LF, CR LF or CR and, unlike str.splitlines, nothing else."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def cells(row: str, delimiter: str | None) -> list[str]:
    """The columns of a row, without the quotes around them where they are parted by something else than blanks."""
    if delimiter and '"' in row:
        with contextlib.suppress(csv.Error):  # a column of more than 128 KiB
            return next(csv.reader([row], delimiter=delimiter, skipinitialspace=True))
    return row.split(delimiter)


def table(rows: Sequence[str], delimiter: str | None, columns: Columns | None = None) -> Doubles | None:
    """All columns of the rows as float64, or these three; None where that needs a closer look.

    Without `columns` that is where rows are empty, differ in their number of columns, or hold anything but numbers.
    """
    try:
        with warnings_as("ignore"):  # of empty lines, which the count below notices
            values: npt.NDArray[np.float64] = np.loadtxt(
                rows,
                np.float64,
                comments=None,
                delimiter=delimiter,
                usecols=columns,
                ndmin=2,
                encoding=None,
                quotechar='"' if delimiter else None,
            )
    except ValueError:
        return None
    return values if len(values) == len(rows) else None


def parse_rows(
    rows: Sequence[str],
    columns: Columns,
    delimiter: str | None,
    where: Callable[[int], str],
    *,
    ragged: bool = False,
) -> Doubles:
    """Three columns of lines of text as (M, 3) float64.

    Args:
        rows: a line for each point; an empty line is an error.
        columns: the places of x, y and z.
        delimiter: what parts the columns; None for blanks.
        where: names a row in messages.
        ragged: whether rows may differ in the number of their columns.

    Raises:
        CloudError: a row has too few columns, or more or fewer than most rows, or text where a number should be.
    """
    whole = None if ragged else table(rows, delimiter)
    if whole is not None and whole.shape[1] > max(columns):
        return np.ascontiguousarray(whole[:, columns])
    # Some columns are text, or something is wrong, and numpy does not say in which line.
    _check_widths(rows, columns, delimiter, where, ragged=ragged)
    chosen = table(rows, delimiter, columns)
    if chosen is not None:
        return chosen
    points = np.empty((len(rows), 3), np.float64)
    for i, row in enumerate(rows):
        tokens = cells(row, delimiter)
        points[i] = [number(tokens[c], where(i)) for c in columns]
    return points


def _check_widths(
    rows: Sequence[str], columns: Columns, delimiter: str | None, where: Callable[[int], str], *, ragged: bool
) -> None:
    """Refuse the first row that has too few columns or, unless they may be ragged, another number than most rows."""
    widths = [len(cells(row, delimiter)) for row in rows]
    usual = Counter(widths).most_common(1)[0][0] if widths else 0
    for i, width in enumerate(widths):
        if width <= max(columns):
            raise CloudError(f"{where(i)} has {width} of the {max(columns) + 1} numbers it needs")
        if width != usual and not ragged:
            raise CloudError(
                f"{where(i)} has {width} columns, and most lines have {usual}",
                hint="a line that was cut, or two that run into each other, look like this",
            )


def is_cut(rows: Sequence[str], delimiter: str | None, *, ragged: bool = False) -> bool:
    """Whether the last of several rows, without a line end behind it, is cut for certain.

    It is if it has fewer columns than the row before (unless rows may be `ragged`), if it ends in half a number, or if
    its last number has fewer decimals where those of all other rows have the same count of them, as "%.6f" writes them.
    """
    *others, last = rows
    if not others:
        return False
    tokens = cells(last, delimiter)
    end = tokens[-1].strip()
    if (not ragged and len(tokens) < len(cells(others[-1], delimiter))) or _HALF_A_NUMBER.fullmatch(end):
        return True
    decimals = {_decimals(cells(row, delimiter)[-1]) for row in others}
    return len(decimals) == 1 and len(others) >= _FIXED and _decimals(end) < decimals.pop()


def _decimals(token: str) -> int:
    """How many digits follow the point of a number that has no exponent; -1 of everything else."""
    whole, _, fraction = token.strip().lstrip("-+").partition(".")
    return len(fraction) if (whole + fraction).isdigit() else -1


def number(token: str, where: str) -> float:
    """The number that a token spells, NaN and infinities included; CloudError with `where` if it spells none."""
    if spelt := _MICROSOFT.fullmatch(token.strip()):
        return float(f"{spelt[1]}inf") if spelt[2] else float("nan")
    try:
        if re.fullmatch(r"\s*[-+0-9.eEinfatyINFATY]+\s*", token):
            return float(token)
    except ValueError:
        pass
    shown = token.strip() if len(token.strip()) <= 40 else token.strip()[:40] + "…"
    raise CloudError(f"{where}: {shown!r} is not a number")


def write_rows(stream: BinaryIO, points: Points, before: str = "") -> None:
    """Write a line for each of (M, 3) points, with as many digits as bring every float32 or float64 back exactly.

    Args:
        before: what each line begins with.
    """
    digits = "%.9g" if points.dtype == np.float32 else "%.17g"
    np.savetxt(stream, points, fmt=f"{before}{digits} {digits} {digits}")
