"""The faces of meshes, as formats have them: polygons of any number of corners, which become triangles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qaadcodec.arrays import Integers, Rows
from qaadcodec.clouds.surface import WITHOUT_FACES
from qaadcodec.errors import CloudError


def fans(lengths: Integers, corners: Integers, vertices: int, where: Callable[[int], str]) -> Rows:
    """Polygons as triangles: the first corner with each two neighbours behind it, (0, 1, 2), (0, 2, 3), …

    This is right for convex polygons, which those of meshes nearly always are. Those of fewer than three corners have
    no surface and give none.

    Args:
        lengths: corners of each polygon, (F,), at least 0.
        corners: the rows of vertices of all polygons, one behind the other.
        vertices: how many there are.
        where: names a polygon, with the file in front: "a.ply: face 17".

    Returns:
        (T, 3) int64.

    Raises:
        CloudError: a corner is no vertex.
    """
    sizes, flat = lengths.astype(np.int64), corners.astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    if len(flat) and (int(flat.min()) < 0 or int(flat.max()) >= vertices):
        at = int(((flat < 0) | (flat >= vertices)).argmax())
        polygon = int(np.searchsorted(starts + sizes, at, side="right"))
        raise CloudError(
            f"{where(polygon)} names vertex {flat[at]}, and there are 0 to {vertices - 1}", hint=WITHOUT_FACES
        )
    parts = np.maximum(sizes - 2, 0)
    first = np.repeat(starts, parts)
    step = np.arange(len(first)) - np.repeat(np.cumsum(parts) - parts, parts)
    return np.stack([flat[first], flat[first + step + 1], flat[first + step + 2]], axis=1)


def strips(lengths: Integers, corners: Integers) -> tuple[Integers, Integers]:
    """Triangle strips as triangles, in the form that `fans` takes: each three corners in a row, every other turned."""
    sizes, flat = lengths.astype(np.int64), corners.astype(np.int64)
    parts = np.maximum(sizes - 2, 0)
    step = np.arange(int(parts.sum())) - np.repeat(np.cumsum(parts) - parts, parts)
    first = np.repeat(np.cumsum(sizes) - sizes, parts) + step
    odd = step % 2
    triangles = np.stack([flat[first], flat[first + 1 + odd], flat[first + 2 - odd]], axis=1)
    return np.full(len(triangles), 3), triangles.ravel()
