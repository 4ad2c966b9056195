"""Normals of a surface that is known by its points alone, for the point-to-plane error."""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.metrics.point_tree import PointTree
from qaadcodec.parallel import in_parallel

NEIGHBOURS = 12  # the point itself among them: as MPEG's pc_error did while it estimated normals itself
BLOCK = 4096  # points whose neighbours a thread holds at once: 1.2 MB
THINNEST = 1e-10  # least share of the second largest variance in the largest: a strip 100 000 times as long as wide


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
        spread = cloud.points[neighbours]  # (b, k, 3)
        spread -= spread.mean(1, keepdims=True)
        variances, directions = np.linalg.eigh(spread.swapaxes(1, 2) @ spread)  # (b, 3) ascending, (b, 3, 3) in columns
        found[rows] = directions[:, :, 0]
        found[rows][variances[:, 1] <= THINNEST * variances[:, 2]] = np.nan

    in_parallel(block, range(0, len(cloud), BLOCK))
    return found
