"""A tree of boxes over triangles, in which the nearest one is found quickly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Doubles, Longs, Rows
from qaadcodec.parallel import in_parallel
from qaadcodec.pictures.splats.boxes import CHILDREN
from qaadcodec.pictures.splats.ready import kernels

BITS = 16  # of each coordinate, in the order of triangles
BLOCK = 4096  # points that a thread takes at once


@dataclass(frozen=True, slots=True)
class BoxTree:
    """Boxes of boxes (a bounding volume hierarchy), of CHILDREN each.

    Attributes:
        corners: (T, 3, 3), of the triangles along a curve that fills space, so that neighbours share boxes.
        boxes, first: see `splats.boxes.nearest_triangles`.
    """

    corners: Doubles
    boxes: Doubles
    first: Rows

    @classmethod
    def of(cls, corners: Doubles) -> BoxTree:
        """The tree of at least one triangle, (T, 3, 3). O(T log T) time."""
        ordered = np.ascontiguousarray(corners[np.argsort(curve_places(corners.mean(axis=1)), kind="stable")])
        level = np.stack([ordered.min(axis=1), ordered.max(axis=1)], axis=1)  # (T, 2, 3)
        levels = [level]
        while len(level) > 1:
            starts = np.arange(0, len(level), CHILDREN)
            low, high = np.minimum.reduceat(level[:, 0], starts), np.maximum.reduceat(level[:, 1], starts)
            level = np.stack([low, high], axis=1)
            levels.append(level)
        first = np.cumsum([0, *map(len, levels)]).astype(np.int64)
        return cls(ordered, np.concatenate(levels), first)

    def distances(self, points: Doubles) -> Doubles:
        """The distance from each point (m, 3) to the nearest triangle, (m,), not squared; on all cores."""
        result = np.empty(len(points))
        nearest = kernels().nearest_triangles

        def block(start: int) -> None:
            rows = slice(start, start + BLOCK)
            nearest(np.ascontiguousarray(points[rows]), self.corners, self.boxes, self.first, result[rows])

        in_parallel(block, range(0, len(points), BLOCK))
        return result


def curve_places(places: Doubles) -> Longs:
    """Numbers that grow along a curve through space (Morton 1966): the bits of three coordinates, taken in turns.

    Args:
        places: (n, 3).

    Returns:
        (n,); neighbours on the curve are neighbours in space.
    """
    low, span = places.min(axis=0), max(float(np.ptp(places, axis=0).max()), 1e-300)
    steps = ((places - low) / span * ((1 << BITS) - 1)).astype(np.int64)  # (n, 3)
    result = np.zeros(len(places), np.int64)
    for bit in range(BITS):
        for axis in range(3):
            result |= ((steps[:, axis] >> bit) & 1) << (3 * bit + axis)
    return result
