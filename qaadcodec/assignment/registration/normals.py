"""Normals of a surface that is known by its points alone."""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Doubles

NEIGHBOURS = 12  # the point itself among them: as MPEG's pc_error did while it estimated normals itself
THINNEST = 1e-10  # least share of the second largest variance in the largest: a strip 100 000 times as long as wide


def plane_normals(patches: Doubles) -> Doubles:
    """The direction in which each group of neighbours varies least (PCA; Hoppe et al. 1992, section 3.1).

    It is the eigenvector of the smallest eigenvalue of their covariance matrix, and one of two opposite directions.

    Args:
        patches: k neighbours of each of n points, (n, k, 3).

    Returns:
        (n, 3) float64: unit vectors, and NaN where the neighbours coincide or lie on a line, and so span no plane.
    """
    spread = patches - patches.mean(1, keepdims=True)
    variances, directions = np.linalg.eigh(spread.swapaxes(1, 2) @ spread)  # (n, 3) ascending, (n, 3, 3) in columns
    found: Doubles = directions[:, :, 0]
    found[variances[:, 1] <= THINNEST * variances[:, 2]] = np.nan
    return found
