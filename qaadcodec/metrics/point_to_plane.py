"""The point-to-plane error of a decoded cloud (D2), as MPEG's pc_error measures it.

What happens along the surface is not counted: points that slide on it have no error, points that leave it have.

Source: mpeg-pcc-dmetric, source/pcc_distortion.cpp, functions `scaleNormals`, `findMetric` and `computeQualityMetric`
(github.com/MPEGGroup/mpeg-pcc-dmetric); Tian et al., "Geometric distortion metrics for point cloud compression", ICIP
2017. Three things differ, because clouds here are positions alone:

- pc_error reads the normals of the original from its file. Here `normals` estimates them.
- Such normals have no outside. Before they are averaged, each is turned to the side of the one that the decoded point
  would have of its nearest original point. For normals that have an outside this changes nothing, where those that are
  averaged are less than 90 degrees apart.
- Of several nearest points at exactly the same distance one is taken; pc_error averages over them.
"""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.metrics.nearest import Neighbours
from qaadcodec.metrics.normals import normals
from qaadcodec.metrics.point_tree import PointTree


def plane_mse(decoded: PointTree, original: PointTree, neighbours: Neighbours) -> float:
    """Mean squared distance along the normal to the nearest neighbour, of the worse direction, in squared units.

    max(mean over i of ((p̂_i - p_j) · n_j)², mean over j of ((p_j - p̂_i) · n̂_i)²), where each point meets its nearest
    neighbour in the other cloud, n are the normals of the original and n̂ those that the decoded cloud has from it.
    Where there is no normal, the whole distance counts, as in pc_error. No more than the point-to-point error (D1),
    therefore.

    Args:
        decoded, original: (m, 3) and (n, 3).
        neighbours: of the two.
    """
    theirs = normals(original)
    ours = carried_normals(theirs, neighbours)
    there, back = neighbours.forward.rows, neighbours.backward.rows
    forward = squared_along(decoded.points - original.points[there], theirs[there])  # (m,)
    backward = squared_along(original.points - decoded.points[back], ours[back])  # (n,)
    return float(max(forward.mean(), backward.mean()))


def carried_normals(theirs: Doubles, neighbours: Neighbours) -> Doubles:
    """The normals of the decoded cloud: of each point, the mean normal of the original points that it is nearest to.

    A point that is nearest to none has the normal of the original point nearest to it. The mean of normals that differ
    is shorter than 1, and stays so, as in pc_error.

    Args:
        theirs: normals of the original, (n, 3), NaN where there is none.
        neighbours: of the two clouds.

    Returns:
        (m, 3) float64; NaN where one of the normals that it would be made of is missing.
    """
    there, back = neighbours.forward.rows, neighbours.backward.rows
    own = theirs[there]  # (m, 3)
    side = np.where(np.einsum("ij,ij->i", theirs, own[back]) < 0, -1.0, 1.0)  # (n,)
    turned = side[:, None] * theirs
    count = np.bincount(back, minlength=len(own))
    sums = np.stack([np.bincount(back, weights=axis, minlength=len(own)) for axis in turned.T], 1)
    carried: Doubles = np.where(count[:, None] > 0, sums / np.maximum(count, 1)[:, None], own)
    carried[np.isnan(own[:, 0])] = np.nan  # there was no side to turn to
    return carried


def squared_along(gaps: Doubles, directions: Doubles) -> Doubles:
    """Squares of the gaps along the directions, (q, 3) each; of the whole gap where the direction is NaN."""
    along = np.square(np.einsum("ij,ij->i", gaps, directions))
    whole = np.einsum("ij,ij->i", gaps, gaps)
    squared: Doubles = np.where(np.isnan(along), whole, along)
    return squared
