"""Rows of numbers in text, which XYZ, OFF and PLY files share."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.errors import CloudError


def split_lines(text: str) -> list[str]:
    """The lines of a text as editors count them: ended by LF, CR LF or CR and, unlike str.splitlines, nothing else."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def parse_rows(
    rows: Sequence[str], columns: tuple[int, int, int], delimiter: str | None, where: Callable[[int], str]
) -> npt.NDArray[np.float64]:
    """Three columns of lines of text as (M, 3) float64.

    Args:
        rows: a line for each point; an empty line is an error.
        columns: the places of x, y and z.
        delimiter: what parts the columns; None for blanks.
        where: names a row in messages.

    Raises:
        CloudError: a row has too few columns, or text where a number should be.
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
    # numpy says neither which line of the file is wrong nor what is in it. Look again, slowly, for the first such row.
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


def write_rows(stream: BinaryIO, points: Points) -> None:
    """Write a line for each of (M, 3) points, with as many digits as bring every float32 or float64 back exactly."""
    np.savetxt(stream, points, fmt="%.9g" if points.dtype == np.float32 else "%.17g")
