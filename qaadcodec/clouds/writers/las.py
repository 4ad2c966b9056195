"""LAS 1.2 and LAZ, by laspy and lazrs, which the extra `qaadcodec[formats]` installs.

Coordinates are whole numbers of 32 bits, times a scale, plus an offset (LAS specification 1.2, section 2.1, "X, Y, and
Z Coordinates").
"""

from __future__ import annotations

import io
import math
from datetime import date
from typing import Any, BinaryIO

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.clouds.cloud import Points
from qaadcodec.errors import EnvironmentFailure

_FINEST = 26  # bits: steps of the longest side of the box
_DATED = date(1980, 1, 1)  # the same cloud gives the same bytes


def write_las(stream: BinaryIO, points: Points) -> None:
    """Write (M, 3) points as LAS."""
    _write(stream, points, compressed=False)


def write_laz(stream: BinaryIO, points: Points) -> None:
    """Write (M, 3) points as LAZ."""
    _write(stream, points, compressed=True)


def scale_and_offset(points: Points) -> tuple[float, Doubles]:
    """The step of the coordinates and where they count from, which is the middle of the box.

    The step is the largest power of two that divides the longest side of the box into 2^26 steps or more. Rounding to
    it moves a coordinate by 2^-27 of the longest side at most: by less than a quarter of a step of float32 at the
    coordinate that is farthest from zero. Where all points are one, the step is 1.
    """
    low, high = points.min(0).astype(np.float64), points.max(0).astype(np.float64)
    side = float((high - low).max())
    return (math.ldexp(1.0, math.frexp(side)[1] - 1 - _FINEST) if side else 1.0), low + (high - low) / 2


def _write(stream: BinaryIO, points: Points, *, compressed: bool) -> None:
    laspy = _laspy("laz" if compressed else "las")
    scale, offset = scale_and_offset(points)
    header = laspy.LasHeader(version="1.2", point_format=0)
    header.scales, header.offsets = np.full(3, scale), offset
    header.creation_date, header.generating_software, header.system_identifier = _DATED, "qaad", ""
    data = laspy.LasData(header)
    steps = np.rint((points.astype(np.float64) - offset) / scale).astype(np.int32)
    data.X, data.Y, data.Z = steps.T
    whole = io.BytesIO()  # laspy goes back to the header, and a pipe cannot
    backend = laspy.LazBackend.Lazrs if compressed else None
    data.write(whole, do_compress=compressed, laz_backend=backend)
    stream.write(whole.getvalue())


def _laspy(format: str) -> Any:
    """The library, imported when it is needed; EnvironmentFailure where it is not installed."""
    try:
        import laspy

        if format == "laz":
            import lazrs  # noqa: F401
    except ImportError as error:
        raise EnvironmentFailure(
            f"{format} files are written by {error.name}, which is not installed",
            hint="pip install 'qaadcodec[formats]'",
        ) from error
    return laspy
