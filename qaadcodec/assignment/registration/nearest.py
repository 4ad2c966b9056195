"""The nearest points of a cloud, several for each query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.arrays import Doubles, Floats, Rows

if TYPE_CHECKING:
    from scipy.spatial import cKDTree


def k_nearest(tree: cKDTree, queries: Floats, k: int) -> tuple[Doubles, Rows]:
    """Distances to the k nearest points of each query and their rows, nearest first, (q, k) each.

    All points where the cloud has fewer than k.
    """
    distances, rows = tree.query(queries, k=list(range(1, min(k, tree.n) + 1)))
    return np.asarray(distances, np.float64), np.asarray(rows, np.int64)
