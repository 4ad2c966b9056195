"""EM-kD (paper section 3.2, eq. 14), the exact EMD that it bounds, and the variance that makes it scale-free.

All of them are means of squared distances per point, in squared units of the input; take the root for a length.
"""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Floats
from qaadcodec.assignment.linear import assign, assign_in_subspaces
from qaadcodec.assignment.subspaces import paired_subspaces
from qaadcodec.errors import UsageError

SUBSPACE = 1024  # most points in a subspace, as in the paper (section 4.2)
VERSION = 2  # of the number that EM-kD is; version 1 broke ties by row, so that the order of rounded clouds mattered


def em_kd(a: Floats, b: Floats, leaf: int = SUBSPACE) -> float:
    """Mean squared distance between points matched by the exact assignment inside canonical k-d subspaces.

    d_EM-kD(P̂, P) = Σ over (P̂', P') in kd(P̂) ∇ kd(P) of d_EMD(P̂', P'), divided by M, with the squared distance. The
    union of the leaf assignments is a bijection, hence EM-kD >= EMD; with leaf >= M they are equal. The order of rows
    does not matter: where many points have one coordinate, as in voxelised clouds, the plane that they fill is halved
    evenly by their other coordinates.

    Args:
        a, b: (M, 3) each, any float dtype.
        leaf: most points in a subspace.

    Raises:
        UsageError: the clouds differ in size, or leaf is below 1.
    """
    x, y = in_float64(a, b)
    return mean_squared(x, y[assign_in_subspaces(x, y, paired_subspaces(x, y, leaf))])


def emd(a: Floats, b: Floats) -> float:
    """The earth mover's distance with the squared distance, per point; exact. O(M³) time at worst, memory O(M)."""
    if len(a) != len(b):
        raise UsageError(f"the EMD needs clouds of equal size, not {len(a)} and {len(b)} points")
    x, y = in_float64(a, b)
    return mean_squared(x, y[assign(x, y)])


def variance(cloud: Floats) -> float:
    """Mean squared distance of the points from their centroid; nEM-kD is EM-kD divided by it."""
    gap = np.asarray(cloud, np.float64) - cloud.mean(0, dtype=np.float64)
    return float(np.einsum("ij,ij->", gap, gap) / len(gap))


def mean_squared(a: Floats, b: Floats) -> float:
    """Mean over rows of |a_i - b_i|²."""
    gap = np.asarray(a, np.float64) - b
    return float(np.einsum("ij,ij->", gap, gap) / len(gap))


def in_float64(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Both clouds in float64. Not centred: rounding would decide between equal extents, and so the axis of a split."""
    return np.asarray(a, np.float64), np.asarray(b, np.float64)
