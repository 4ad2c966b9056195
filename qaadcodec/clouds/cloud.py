"""One point cloud, and what every cloud is made of whatever file it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qaadcodec.errors import CloudError
from qaadcodec.showing import as_html

Points = npt.NDArray[np.float32] | npt.NDArray[np.float64]

SMALLEST_SPAN = 1e-100  # squares of differences of coordinates stay above zero


class LeftOut(NamedTuple):
    """Points of a file that its cloud is without.

    Attributes:
        not_finite: those with a coordinate that is NaN or infinite.
        at_origin: those at exactly (0, 0, 0), where a sensor saw nothing.
    """

    not_finite: int = 0
    at_origin: int = 0

    def __str__(self) -> str:
        kinds = ((self.not_finite, "not finite"), (self.at_origin, "at exactly (0, 0, 0)"))
        return ", ".join(f"{count} {what}" for count, what in kinds if count)


NOTHING = LeftOut()


@dataclass(frozen=True, slots=True)
class PointCloud:
    """The points of a cloud in the precision of its file.

    Attributes:
        name: what the cloud is called in an archive; POSIX slashes, no suffix.
        points: (M, 3) float32 or float64, M ≥ 1, finite, in the file's units and order.
        dropped: what the file has besides the points, which is not kept: "normals", "colours", "faces", …
        left_out: how many points of the file mean no place, and are not among the points.
        doubts: what speaks against the file being whole, though it could be read: "has no newline at its end, …"
        has_faces: whether the file has faces, from which points can be drawn.
        drawn: whether the points were drawn from them, and are not the vertices.
    """

    name: str
    points: Points
    dropped: tuple[str, ...] = ()
    left_out: LeftOut = NOTHING
    doubts: tuple[str, ...] = ()
    has_faces: bool = False
    drawn: bool = False

    def __len__(self) -> int:
        return len(self.points)

    def _repr_html_(self) -> str:
        return as_html(self)


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


def as_points(values: npt.NDArray[Any], label: str) -> Points:
    """The values as an (M, 3) array of native float32 (from float32 and float16) or float64 (from all else).

    Args:
        values: what the file holds.
        label: the file, and the place in it.

    Raises:
        CloudError: the values are not (M, 3), or there are none.
    """
    check_shape(values.shape, values.dtype, label)
    single = values.dtype.kind == "f" and values.dtype.itemsize <= 4
    with np.errstate(over="ignore"):  # what overflows float64 becomes infinite
        return np.ascontiguousarray(values, np.float32) if single else np.ascontiguousarray(values, np.float64)


def check_span(points: Points, label: str) -> None:
    """Refuse points (M, 3) that differ by less than 1e-100: squares of such differences become zero."""
    span = float((points.max(0).astype(np.float64) - points.min(0)).max())
    if 0 < span < SMALLEST_SPAN:
        raise CloudError(
            f"{label}: its points span {span:.3g}, and cannot span less than {SMALLEST_SPAN:g}",
            hint="give them in a smaller unit",
        )
