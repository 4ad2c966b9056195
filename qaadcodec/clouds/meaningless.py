"""Points that stand for nothing: not finite, or the origin that sensors write where they saw nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from qaadcodec.arrays import Mask
from qaadcodec.clouds.cloud import LeftOut, Points, Unit
from qaadcodec.errors import CloudError

# Squares of differences of coordinates, and their sums, stay far from the end of float64.
LARGEST_COORDINATE = 1e100
LEAST_SHARE = 0.5  # of the points of a file: a cloud that keeps fewer is no picture of what was scanned
SEVERAL = 2  # points at exactly the origin: one alone may be a point of the shape


class Labels(NamedTuple):
    """What messages about a cloud say.

    Attributes:
        path: the file, and the place in it.
        unit: what the format calls a point.
        row: names a point: "vertex 17", "line 18".
    """

    path: str
    unit: Unit
    row: Callable[[int], str]


def meaningful(points: Points, labels: Labels, *, strict: bool) -> tuple[Points, LeftOut]:
    """The points that mean a place, and how many of the others there were.

    Points that are not finite are left out. Points at exactly (0, 0, 0) are left out where there are several of them
    and no other point is repeated as often: sensors that write an organised cloud, a point for every pixel, put the
    origin where they saw nothing. A cloud whose points are all at the origin stays as it is.

    Args:
        points: (M, 3), M ≥ 1.
        strict: refuse the cloud where points would be left out.

    Returns:
        the points that are left, the array itself if all are, and what was left out.

    Raises:
        CloudError: a finite coordinate is beyond 1e100, or less than half of the points are left.
    """
    # NaN makes both comparisons false.
    if float(points.min()) >= -LARGEST_COORDINATE and float(points.max()) <= LARGEST_COORDINATE:
        finite, kept = None, points
    else:
        finite = _finite(points, labels, strict)
        kept = points[finite]
    nothing = _nothing_seen(kept)
    left = LeftOut(len(points) - len(kept), 0 if nothing is None else int(nothing.sum()))
    if nothing is not None:
        if strict:
            rows = np.arange(len(points)) if finite is None else np.flatnonzero(finite)
            first = labels.row(int(rows[nothing.argmax()]))
            raise CloudError(
                f"{labels.path}: {first} is one of {left.at_origin} {labels.unit.many} at exactly (0, 0, 0)",
                hint="sensors write this where they saw nothing; without --strict such points are left out",
            )
        kept = kept[~nothing]
    if len(kept) < LEAST_SHARE * len(points):
        raise CloudError(
            f"{labels.path}: less than half of it is left: {len(kept)} of {len(points)} {labels.unit.many} ({left})"
        )
    return kept, left


def _finite(points: Points, labels: Labels, strict: bool) -> Mask:
    """Which points are finite, some of them not or far too large."""
    size = np.abs(points.astype(np.float64)).max(axis=1)  # NaN where one coordinate is
    finite: Mask = np.isfinite(size)
    bad = ~(size <= LARGEST_COORDINATE)
    refused = bad if strict else bad & finite
    if refused.any():
        row = int(refused.argmax())
        way = "repair the file, or skip it with --skip-bad"
        if strict:
            way = "without --strict those that are not finite are left out"
        raise CloudError(
            f"{labels.path}: {labels.row(row)} has {_describe(points[row].tolist())}",
            hint=f"{int(refused.sum())} of {len(points)} {labels.unit.many} cannot be used; {way}",
        )
    return finite


def _describe(row: list[Any]) -> str:
    """What is wrong with the coordinates of one point: "a NaN coordinate", "an infinite coordinate", …"""
    if any(x != x for x in row):
        return "a NaN coordinate"
    if any(abs(x) == float("inf") for x in row):
        return "an infinite coordinate"
    return f"a coordinate of {max(row, key=abs):.3g}, beyond {LARGEST_COORDINATE:g}"


def _nothing_seen(points: Points) -> Mask | None:
    """Which points, all of them finite, a sensor wrote where it saw nothing; None where there are none."""
    # One coordinate alone tells of most clouds that they have no such points.
    if np.count_nonzero(points[:, 0] == 0) < SEVERAL:
        return None
    origin: Mask = (points == 0).all(axis=1)
    times = np.count_nonzero(origin)
    if not SEVERAL <= times < len(points) or times <= _most_repeated(points[~origin]):
        return None
    return origin


def _most_repeated(points: Points) -> int:
    """How often the point occurs that occurs most often; O(M log M)."""
    ordered = points[np.lexsort(points.T)]
    changes = np.flatnonzero((ordered[1:] != ordered[:-1]).any(axis=1)) + 1
    return int(np.diff(changes, prepend=0, append=len(points)).max())
