"""Triangle meshes: areas, joining, and points drawn uniformly from the surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Indices, Singles


@dataclass(frozen=True, slots=True)
class Mesh:
    """Vertices (V, 3) float32, and triangles (T, 3) of vertex numbers, counter-clockwise as seen from outside."""

    vertices: Singles
    triangles: Indices

    @staticmethod
    def join(parts: Sequence[Mesh]) -> Mesh:
        """One mesh of all parts, side by side in the order given."""
        starts = np.cumsum([0] + [len(part.vertices) for part in parts[:-1]])
        return Mesh(
            np.concatenate([part.vertices for part in parts]),
            np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=True)]),
        )


def triangle_areas(vertices: Singles, triangles: Indices) -> Singles:
    """Area (T,) of each triangle, in the square of the vertices' unit."""
    ax, ay, az = (np.take(v, triangles[:, 0]) for v in vertices.T)
    bx, by, bz = (np.take(v, triangles[:, 1]) for v in vertices.T)
    cx, cy, cz = (np.take(v, triangles[:, 2]) for v in vertices.T)
    bx, by, bz, cx, cy, cz = bx - ax, by - ay, bz - az, cx - ax, cy - ay, cz - az
    nx, ny, nz = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
    return np.asarray(np.sqrt(nx * nx + ny * ny + nz * nz) / 2, dtype=np.float32)


def sample_surface(vertices: Singles, triangles: Indices, points: int, rng: np.random.Generator) -> Singles:
    """Points (points, 3) drawn independently and uniformly by area, and therefore in random order.

    Each point draws a triangle in proportion to its area, and then a place in it: u and v are uniform in [0, 1), and
    reflected into the triangle where u + v > 1. Cost: O(T + points log T).
    """
    total = np.cumsum(triangle_areas(vertices, triangles), dtype=np.float64)
    chosen = np.searchsorted(total, rng.random(points) * total[-1], side="right").clip(max=len(triangles) - 1)
    u, v = rng.random((2, points, 1), dtype=np.float32)
    outside = u + v > 1
    u, v = np.where(outside, 1 - u, u), np.where(outside, 1 - v, v)
    a, b, c = (vertices[triangles[chosen, k]] for k in range(3))
    return np.asarray(a + u * (b - a) + v * (c - a), dtype=np.float32)
