"""The K patches of the input cloud: runs of consecutive rows, equal in size up to one point."""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Floats, Longs, Mask, Rows


def patch_sizes(points: int, patches: int) -> Longs:
    """Rows of each patch, (K,): with M = K·S' + r the first r patches have S' + 1 rows, the others S'."""
    small, extra = divmod(points, patches)
    return np.where(np.arange(patches) < extra, small + 1, small).astype(np.int64)


def patch_offsets(points: int, patches: int) -> Longs:
    """First row of each patch and, at the end, M: (K + 1,)."""
    return np.concatenate([[0], np.cumsum(patch_sizes(points, patches))]).astype(np.int64)


def split_into_patches(cloud: Floats, patches: int) -> Rows:
    """A row order that makes patches of neighbours, by a k-d split along the widest axis of each node.

    Each node halves its list of patch sizes and cuts its points by rank to match, so any K and M work.

    Args:
        cloud: (M, 3).
        patches: K.

    Returns:
        A permutation of the M rows, (M,) int64; patch k is the run that `patch_offsets` gives.
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


def lowest_by_rank(values: Floats, count: int) -> Mask:
    """Mask of the `count` smallest values; among equal values the first ones by position, so that it is unique."""
    if count <= 0:
        return np.zeros(len(values), np.bool_)
    if count >= len(values):
        return np.ones(len(values), np.bool_)
    limit = np.partition(values, count - 1)[count - 1]
    mask: Mask = values < limit
    tied = np.flatnonzero(values == limit)
    mask[tied[: count - int(mask.sum())]] = True
    return mask
