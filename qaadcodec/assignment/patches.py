"""The K patches of the input cloud: runs of consecutive rows, equal in size up to one point."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qaadcodec.assignment.subspaces import lowest_by_rank


def patch_sizes(points: int, patches: int) -> npt.NDArray[np.int64]:
    """Rows of each patch, (K,): with M = K·S' + r the first r patches have S' + 1 rows, the others S'."""
    small, extra = divmod(points, patches)
    return np.where(np.arange(patches) < extra, small + 1, small).astype(np.int64)


def patch_offsets(points: int, patches: int) -> npt.NDArray[np.int64]:
    """First row of each patch and, last, M: (K + 1,)."""
    return np.concatenate([[0], np.cumsum(patch_sizes(points, patches))]).astype(np.int64)


def split_into_patches(cloud: npt.NDArray[np.floating], patches: int) -> npt.NDArray[np.int64]:
    """Row order that makes patches of neighbours, by a k-d split at the widest axis of each node.

    The list of patch sizes is halved at every node and the points by rank with it, so any K and M work.

    Args:
        cloud: (M, 3).
        patches: K.

    Returns:
        A permutation of M rows, (M,) int64; patch k is the run that `patch_offsets` gives.
    """
    offsets = patch_offsets(len(cloud), patches)
    order = np.empty(len(cloud), np.int64)
    stack = [(np.arange(len(cloud)), 0, patches)]
    while stack:
        rows, first, last = stack.pop()
        if last - first == 1 or len(rows) == 0:
            order[offsets[first] : offsets[last]] = rows
            continue
        middle = (first + last) // 2
        axis = int(np.ptp(cloud[rows], axis=0).argmax())
        low = lowest_by_rank(cloud[rows, axis], int(offsets[middle] - offsets[first]))
        stack += [(rows[low], first, middle), (rows[~low], middle, last)]
    return order
