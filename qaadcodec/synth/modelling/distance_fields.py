"""Approximate signed distances of the solids that templates are modelled from: negative inside, positive outside.

All of them are the first-order approximation g / |∇g| of an implicit function g (Taubin, "Distance approximations for
rasterizing implicit curves", 1994). It is exact on the surface and good near it, and an isosurface needs no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qaadcodec.arrays import Doubles, Singles

Point = tuple[float, float, float]

TINY = np.float32(1e-6)
NO_FLATTENING: Point = (0.0, 0.0, 1.0)


class Solid(Protocol):
    """Anything that has a distance and a box around it."""

    def distance(self, x: Singles, y: Singles, z: Singles) -> Singles:
        """Signed distance at points, float32; x, y and z broadcast against each other."""

    def bounds(self) -> tuple[Doubles, Doubles]:
        """Lowest and highest corner (3,) of a box around the solid."""


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """An ellipsoid of semi-axes `radii`, turned by `pitch` degrees about the x axis; positive ones lower the front."""

    centre: Point
    radii: Point
    pitch: float = 0.0

    def distance(self, x: Singles, y: Singles, z: Singles) -> Singles:
        dx, dy, dz = (v - np.float32(c) for v, c in zip((x, y, z), self.centre, strict=True))
        if self.pitch:
            c, s = np.float32(np.cos(np.radians(self.pitch))), np.float32(np.sin(np.radians(self.pitch)))
            dy, dz = c * dy + s * dz, c * dz - s * dy
        rx, ry, rz = (np.float32(r) for r in self.radii)
        qx, qy, qz = (dx / rx) ** 2, (dy / ry) ** 2, (dz / rz) ** 2
        value = np.sqrt(qx + qy + qz)
        slope = np.sqrt(qx / rx**2 + qy / ry**2 + qz / rz**2)
        return np.asarray((value - 1) * (value + TINY) / (slope + TINY), dtype=np.float32)

    def bounds(self) -> tuple[Doubles, Doubles]:
        c, s = np.cos(np.radians(self.pitch)), np.sin(np.radians(self.pitch))
        rx, ry, rz = self.radii
        half = np.array([rx, np.hypot(c * ry, s * rz), np.hypot(s * ry, c * rz)])
        return np.array(self.centre) - half, np.array(self.centre) + half


@dataclass(frozen=True, slots=True)
class Tube:
    """A chain of capsules whose radius changes linearly from node to node.

    `flatness` f >= 1 divides the radius by f along the direction `normal`, so that sections are ellipses.
    """

    nodes: Sequence[Point]
    radii: Sequence[float]
    normal: Point = NO_FLATTENING
    flatness: float = 1.0

    def distance(self, x: Singles, y: Singles, z: Singles) -> Singles:
        parts = [self._capsule(k, x, y, z) for k in range(len(self.nodes) - 1)]
        out = parts[0]
        for part in parts[1:]:
            out = np.minimum(out, part)
        return out

    def _capsule(self, k: int, x: Singles, y: Singles, z: Singles) -> Singles:
        a = np.array(self.nodes[k], np.float32)
        ab = np.array(self.nodes[k + 1], np.float32) - a
        r0, r1 = np.float32(self.radii[k]), np.float32(self.radii[k + 1])
        dx, dy, dz = x - a[0], y - a[1], z - a[2]
        t = np.clip((dx * ab[0] + dy * ab[1] + dz * ab[2]) / max(float(ab @ ab), 1e-12), 0, 1).astype(np.float32)
        dx, dy, dz = dx - t * ab[0], dy - t * ab[1], dz - t * ab[2]
        radius = r0 + t * (r1 - r0)
        square = dx * dx + dy * dy + dz * dz
        if self.flatness == 1.0:
            return np.asarray(np.sqrt(square) - radius, dtype=np.float32)
        n = np.array(self.normal, np.float32) / np.float32(np.linalg.norm(self.normal))
        along = (dx * n[0] + dy * n[1] + dz * n[2]) ** 2
        f = np.float32(self.flatness)
        value = np.sqrt(square + (f**2 - 1) * along)
        slope = np.sqrt(square + (f**4 - 1) * along)
        return np.asarray((value - radius) * (value + TINY) / (slope + TINY), dtype=np.float32)

    def bounds(self) -> tuple[Doubles, Doubles]:
        nodes, radii = np.array(self.nodes, float), np.array(self.radii, float)[:, None]
        return (nodes - radii).min(0), (nodes + radii).max(0)


@dataclass(frozen=True, slots=True)
class Prism:
    """The section of a tube in the x-y plane, extended along z from `back` to `front`; openings are cut with it."""

    section: Tube
    back: float
    front: float

    def distance(self, x: Singles, y: Singles, z: Singles) -> Singles:
        flat = self.section.distance(x, y, np.zeros_like(z))
        ends = np.maximum(np.float32(self.back) - z, z - np.float32(self.front))
        return np.asarray(np.maximum(flat, ends), dtype=np.float32)

    def bounds(self) -> tuple[Doubles, Doubles]:
        lo, hi = self.section.bounds()
        return np.array([lo[0], lo[1], self.back]), np.array([hi[0], hi[1], self.front])


def smooth_minimum(a: Singles, b: Singles, width: float) -> Singles:
    """Quadratic blend of min(a, b) where they differ by less than `width` (Quilez, "Smooth minimum", 2013)."""
    if width <= 0:
        return np.minimum(a, b)
    overlap = np.maximum(np.float32(width) - np.abs(a - b), 0)
    return np.asarray(np.minimum(a, b) - overlap * overlap * np.float32(0.25 / width), dtype=np.float32)
