"""One point cloud, and the checks that every cloud passes whatever file it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qaadcodec.errors import CloudError

Points = npt.NDArray[np.float32] | npt.NDArray[np.float64]

# Squares of differences of coordinates, and their sums, stay far from both ends of float64.
LARGEST_COORDINATE = 1e100
SMALLEST_SPAN = 1e-100


@dataclass(frozen=True, slots=True)
class PointCloud:
    """The points of a cloud in the precision of its file.

    Attributes:
        name: what the cloud is called in an archive; POSIX slashes, no suffix.
        points: (M, 3) float32 or float64, M ≥ 1, finite, in the file's units and order.
        dropped: what the file has besides the points, which is not kept: "normals", "colours", "faces", …
    """

    name: str
    points: Points
    dropped: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.points)


class Unit(NamedTuple):
    """What a format calls a point in messages: "vertex 17 has a NaN coordinate", "2 of 40 vertices cannot be used"."""

    one: str
    many: str


POINT = Unit("point", "points")


def check_shape(shape: tuple[int, ...], dtype: np.dtype[Any], label: str) -> None:
    """Refuse an array that is not a cloud, which is (M, 3) of numbers with M ≥ 1; CloudError says what it is."""
    if dtype.hasobject:
        raise CloudError(
            f"{label}: holds Python objects, not numbers", hint="save it again with points.astype(numpy.float32)"
        )
    if dtype.kind not in "fiu":
        raise CloudError(f"{label}: holds values of type {dtype}, and a cloud is of real numbers")
    if len(shape) != 2 or shape[1] != 3:
        hint = None
        if len(shape) == 2 and shape[0] == 3:
            hint = "transpose it"
        elif len(shape) == 2 and shape[1] > 3:
            hint = "keep its three columns of coordinates"
        raise CloudError(f"{label}: has the shape {shape}, and a cloud is (points, 3)", hint=hint)
    if shape[0] == 0:
        raise CloudError(f"{label}: has no points")


def checked(values: npt.NDArray[Any], label: str, unit: Unit) -> Points:
    """The values as an (M, 3) cloud of native float32 (from float32 and float16) or float64 (from all else).

    Args:
        values: what the file holds.
        label: the file, and the place in it.
        unit: what the format calls a point.

    Raises:
        CloudError: the values are not (M, 3), there are none, or a coordinate is NaN, infinite or beyond 1e100.
    """
    check_shape(values.shape, values.dtype, label)
    single = values.dtype.kind == "f" and values.dtype.itemsize <= 4
    with np.errstate(over="ignore"):  # what overflows float64 becomes infinite, which is refused below
        points: Points = (
            np.ascontiguousarray(values, np.float32) if single else np.ascontiguousarray(values, np.float64)
        )
    # NaN makes both comparisons false.
    if not (float(points.min()) >= -LARGEST_COORDINATE and float(points.max()) <= LARGEST_COORDINATE):
        _refuse(points, label, unit)
    return points


def check_span(points: Points, label: str) -> None:
    """Refuse points (M, 3) that differ by less than 1e-100: squares of such differences become zero."""
    span = float((points.max(0).astype(np.float64) - points.min(0)).max())
    if 0 < span < SMALLEST_SPAN:
        raise CloudError(
            f"{label}: its points span {span:.3g}, and cannot span less than {SMALLEST_SPAN:g}",
            hint="give them in a smaller unit",
        )


def _refuse(points: Points, label: str, unit: Unit) -> None:
    bad = ~(np.abs(points.astype(np.float64)) <= LARGEST_COORDINATE).all(axis=1)
    row = int(np.argmax(bad))
    raise CloudError(
        f"{label}: {unit.one} {row} has {describe_unusable(points[row].tolist())}",
        hint=f"{int(bad.sum())} of {len(points)} {unit.many} cannot be used; "
        "repair the file, or skip it with --skip-bad",
    )


def describe_unusable(row: list[float]) -> str:
    """What is wrong with the coordinates of one point: "a NaN coordinate", "an infinite coordinate", …"""
    if any(x != x for x in row):
        return "a NaN coordinate"
    if any(abs(x) == float("inf") for x in row):
        return "an infinite coordinate"
    return f"a coordinate of {max(row, key=abs):.3g}, beyond {LARGEST_COORDINATE:g}"
