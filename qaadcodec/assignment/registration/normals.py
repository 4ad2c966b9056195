"""Normals of a surface that is known by its points alone."""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Doubles

NEIGHBOURS = 12  # the point itself among them: as MPEG's pc_error did while it estimated normals itself
THINNEST = 1e-10  # least share of the second largest variance in the largest: a strip 100 000 times as long as wide
EXACT = 1e-12  # how far C n may be from v n, of a mean variance of 1, before LAPACK is asked


def plane_normals(patches: Doubles) -> Doubles:
    """The direction in which each group of neighbours varies least (PCA; Hoppe et al. 1992, section 3.1).

    It is the eigenvector of the smallest eigenvalue of their covariance matrix, and one of two opposite directions.

    Args:
        patches: k neighbours of each of n points, (n, k, 3).

    Returns:
        (n, 3) float64: unit vectors, and NaN where the neighbours coincide or lie on a line, and so span no plane.
    """
    spread = patches - patches.mean(1, keepdims=True)
    matrices = spread.swapaxes(1, 2) @ spread  # (n, 3, 3)
    size = np.einsum("nii->n", matrices) / 3.0
    matrices /= np.where(size > 0.0, size, 1.0)[:, None, None]
    variances, found = least_varying(matrices)
    residual = np.abs(np.einsum("nij,nj->ni", matrices, found) - variances[:, :1] * found).max(1)
    doubtful = np.flatnonzero(~(residual <= EXACT))
    if len(doubtful):
        variances[doubtful], directions = np.linalg.eigh(matrices[doubtful])  # ascending; in columns
        found[doubtful] = directions[:, :, 0]
    found[variances[:, 1] <= THINNEST * variances[:, 2]] = np.nan
    return found


def least_varying(matrices: Doubles) -> tuple[Doubles, Doubles]:
    """The eigenvalues of symmetric matrices, and the eigenvector of the smallest, in closed form (Smith 1961).

    With q a third of the trace and p² a sixth of the sum of the squares of A - q I, the eigenvalues are
    q + 2 p cos(φ + 2πj/3), where cos 3φ = det((A - q I) / p) / 2. The eigenvector of v is perpendicular to the rows of
    A - v I. All matrices take a few operations on arrays, where LAPACK takes one call for each. Where eigenvalues are
    equal, the vector may be NaN.

    Args:
        matrices: (n, 3, 3), of a trace of 3 or 0.

    Returns:
        (n, 3) eigenvalues, ascending, and (n, 3) unit vectors.
    """
    (a, d, e), (_, b, f), (_, _, c) = matrices.transpose(1, 2, 0)
    q = (a + b + c) / 3.0
    a, b, c = a - q, b - q, c - q
    p = np.sqrt((a * a + b * b + c * c + 2.0 * (d * d + e * e + f * f)) / 6.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = (a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)) / (2.0 * p**3)
        angle = np.arccos(np.clip(half, -1.0, 1.0)) / 3.0
        turns = angle[:, None] + 2.0 * np.pi * np.array([1.0, 2.0, 0.0]) / 3.0
        shifted = 2.0 * p[:, None] * np.cos(turns)  # eigenvalues of A - q I, ascending
        least = shifted[:, 0]
        rows = np.stack([[a - least, d, e], [d, b - least, f], [e, f, c - least]]).transpose(2, 0, 1)  # (n, 3, 3)
        normals = np.cross(rows[:, [0, 0, 1]], rows[:, [1, 2, 2]])  # (n, 3, 3), all along the one that is looked for
        lengths = np.sqrt(np.square(normals).sum(2))
        longest = lengths.argmax(1)[:, None]
        found = np.take_along_axis(normals, longest[..., None], 1)[:, 0] / np.take_along_axis(lengths, longest, 1)
    return shifted + q[:, None], found
