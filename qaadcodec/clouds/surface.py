"""The faces of a mesh, and points drawn from them, uniformly by area."""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np

from qaadcodec.arrays import Doubles, Mask, Rows
from qaadcodec.clouds.cloud import Points
from qaadcodec.errors import CloudError

WITHOUT_FACES = "--sample vertices takes its vertices, without its faces"


class Drawing(NamedTuple):
    """How many points are drawn of a surface, and with which seed; the name of the cloud goes into the draw, too."""

    points: int
    seed: int


class Mesh(NamedTuple):
    """A surface of triangles.

    Attributes:
        vertices: (V, 3), finite, each of them a corner of a triangle.
        triangles: (T, 3) rows of the vertices, T ≥ 1.
    """

    vertices: Points
    triangles: Rows


def mesh_of(vertices: Points, triangles: Rows) -> Mesh | None:
    """The surface of those triangles whose corners are finite; None where they have no area.

    Args:
        vertices: (V, 3), whatever they are.
        triangles: (T, 3) rows of them.
    """
    kept = finite_triangles(vertices, triangles)
    kept = kept[areas_of(vertices, kept) > 0]
    if not len(kept):
        return None
    used, rows = np.unique(kept, return_inverse=True)
    return Mesh(vertices[used], rows.reshape(-1, 3).astype(np.int64))


def draw(vertices: Points, triangles: Rows, drawing: Drawing, name: str, label: str) -> Points:
    """Points on the triangles of a mesh, as many on each as its share of the area says.

    The areas are laid side by side on a line that is cut into m equal pieces; a random place in each piece is a
    triangle t. With r and s uniform in [0, 1], the point is (1 - √r) a + √r (1 - s) b + √r s c, which is uniform in the
    triangle a, b, c (Turk, "Generating Random Points in Triangles", Graphics Gems, 1990). A triangle of a share p of
    the area gets ⌊m p⌋ or ⌈m p⌉ points, one more or less; one without area gets none.

    Args:
        vertices: (V, 3), of which only those of triangles need to be finite.
        triangles: (T, 3) rows of vertices.
        drawing: m, at least 1, and the seed.
        name: of the cloud. The same seed and name give the same points.
        label: the file, for messages.

    Returns:
        (m, 3), in the type of the vertices, in the order of the triangles.

    Raises:
        CloudError: there are no triangles, or they have no area.
    """
    areas = areas_of(vertices, triangles)
    ends = np.cumsum(areas)
    if not len(ends) or not ends[-1] > 0:
        raise CloudError(f"{label}: its faces have no area, so no points can be drawn from them", hint=WITHOUT_FACES)
    rng = np.random.default_rng([drawing.seed, zlib.crc32(name.encode("utf-8", "surrogatepass"))])
    m = drawing.points
    places = (np.arange(m) + rng.random(m)) / m * ends[-1]
    last = int(np.flatnonzero(areas)[-1])  # rounding may carry a place beyond it
    rows = np.minimum(np.searchsorted(ends, places, side="right"), last)
    root, s = np.sqrt(rng.random((m, 1))), rng.random((m, 1))
    a, b, c = (vertices[corner].astype(np.float64) for corner in triangles[rows].T)  # (m, 3) each
    points: Points = ((1 - root) * a + root * (1 - s) * b + root * s * c).astype(vertices.dtype)
    return points


def areas_of(vertices: Points, triangles: Rows) -> Doubles:
    """The areas of triangles (T, 3) in a unit of its own for each mesh, in which no square overflows; (T,) float64."""
    if not len(triangles):
        return np.zeros(0)
    used = vertices[np.unique(triangles)].astype(np.float64)
    low, span = used.min(0), float(np.ptp(used, axis=0).max())
    scaled = (vertices.astype(np.float64) - low) / (span or 1.0)
    a, b, c = (scaled[corner] for corner in triangles.T)
    areas: Doubles = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return areas


def finite_triangles(vertices: Points, triangles: Rows) -> Rows:
    """The triangles whose corners are finite."""
    finite = np.isfinite(vertices)
    if finite.all():
        return triangles
    rows: Mask = np.asarray(finite.all(axis=1))
    return triangles[rows[triangles].all(axis=1)]
