"""Normals of a surface that is known by its points alone, for the point-to-plane error."""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.assignment.registration.normals import NEIGHBOURS, plane_normals
from qaadcodec.metrics.point_tree import PointTree
from qaadcodec.parallel import in_parallel

BLOCK = 4096  # points whose neighbours a thread holds at once: 1.2 MB


def normals(cloud: PointTree) -> Doubles:
    """The direction in which the nearest points of each point vary least (PCA; Hoppe et al. 1992, section 3.1).

    The normal of a point is the eigenvector of the smallest eigenvalue of the covariance matrix of its NEIGHBOURS
    nearest points, itself included, or of all points where the cloud has fewer. It is one of two opposite directions.

    Points that coincide or lie on a line span no plane, and so have no normal.

    Args:
        cloud: (n, 3).

    Returns:
        (n, 3) float64: unit vectors, and NaN where there is no normal.
    """
    found = np.empty_like(cloud.points)
    k = min(NEIGHBOURS, len(cloud))

    def block(start: int) -> None:
        rows = slice(start, start + BLOCK)
        neighbours = cloud.tree.query(cloud.points[rows], k=list(range(1, k + 1)))[1]  # (b, k), for k = 1 too
        found[rows] = plane_normals(cloud.points[neighbours])

    in_parallel(block, range(0, len(cloud), BLOCK))
    return found
