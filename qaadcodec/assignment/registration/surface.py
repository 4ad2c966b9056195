"""The surface that a cloud samples: its normals, and the place on it that is nearest to a point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.arrays import Doubles, Floats
from qaadcodec.assignment.registration.nearest import k_nearest
from qaadcodec.assignment.registration.normals import NEIGHBOURS, plane_normals

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

SUPPORT = 6  # sampled points that a place on the surface is interpolated from
NEARER = 6.0  # how fast weights fall, to exp(-6) of the last: slower ones draw places inside of what bends
ROUNDS = 2  # of projection: after the first one the nearest points may be others
OPPOSED = 0.3  # cosine between normals below which a point belongs to another sheet, such as the back of a hand


@dataclass(frozen=True, slots=True)
class Surface:
    """A sampled surface.

    Attributes:
        points: the sample, (n, 3) float64.
        normals: unit vectors, (n, 3) float64, one of two opposite directions each; zero where there is none.
        spacing: between neighbouring points, estimated as twice the median distance to the nearest one: of a uniform
            random sample the mean of that distance is half of the square root of the area per point.
        tree: over the points.
    """

    points: Doubles
    normals: Doubles
    spacing: float
    tree: cKDTree

    @classmethod
    def of(cls, cloud: Floats) -> Surface:
        """The surface that a cloud samples, (n, 3). O(n log n) time, in this thread alone."""
        from scipy.spatial import cKDTree

        points = np.asarray(cloud, np.float64)
        tree = cKDTree(points)
        order = np.asarray(tree.indices)  # next to each other in space, so that the tree stays in the cache
        distances, rows = k_nearest(tree, points[order], NEIGHBOURS)
        spacing = 2.0 * float(np.median(distances[:, min(1, len(points) - 1)]))
        normals = np.empty_like(points)
        normals[order] = np.nan_to_num(plane_normals(points[rows]))
        return cls(points, normals, spacing, tree)

    def nearest_place(self, points: Doubles) -> Doubles:
        """The place on the surface nearest to each point, (q, 3).

        A point moves along a mean normal onto a mean plane of its SUPPORT nearest sampled points, which count the
        less the farther they are and the more their normals differ from that of the nearest one (moving least squares:
        Alexa et al. 2001, with planes). Along the plane it stays where it is.
        """
        places = np.array(points, np.float64)
        for _ in range(ROUNDS):
            distances, rows = k_nearest(self.tree, places, SUPPORT)
            cosines = np.einsum("qki,qi->qk", self.normals[rows], self.normals[rows[:, 0]])
            far = distances[:, -1:] + np.finfo(np.float64).tiny
            weights = np.exp(-NEARER * np.square(distances / far)) * np.maximum(np.abs(cosines) - OPPOSED, 0.0)
            weights[:, 0] += np.finfo(np.float64).tiny
            normal = np.einsum("qk,qki->qi", weights * np.sign(cosines), self.normals[rows])
            length = np.linalg.norm(normal, axis=1, keepdims=True)
            normal = np.divide(normal, length, out=np.zeros_like(normal), where=length > 0)
            middle = np.einsum("qk,qki->qi", weights, self.points[rows]) / weights.sum(1, keepdims=True)
            places -= np.einsum("qi,qi->q", places - middle, normal)[:, None] * normal
        return places
