"""Which rows of Q are neighbours, and means over neighbourhoods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.arrays import Floats, Singles
from qaadcodec.assignment.registration.nearest import k_nearest

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

NEAREST = 8  # rows that each row is joined with


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The graph of nearest rows, as one step of a lazy random walk on it.

    Attributes:
        walk: (m, m) float32: half of a row's weight stays, and half goes to the rows that it is joined with.
    """

    walk: csr_matrix

    @classmethod
    def of(cls, cloud: Floats) -> Neighbours:
        """Join every row with its NEAREST nearest ones, in both directions; (m, 3)."""
        from scipy.sparse import csr_matrix, diags, identity
        from scipy.spatial import cKDTree

        count, k = len(cloud), min(NEAREST, len(cloud) - 1)
        _, near = k_nearest(cKDTree(cloud), cloud, k + 1)
        from_row, to_row = np.repeat(np.arange(count), k + 1), near.ravel()
        others = from_row != to_row
        joined = csr_matrix((np.ones(int(others.sum())), (from_row[others], to_row[others])), (count, count))
        joined = ((joined + joined.T) > 0).astype(np.float64)
        degree = np.maximum(np.asarray(joined.sum(1)).ravel(), 1.0)
        return cls((0.5 * identity(count) + 0.5 * diags(1.0 / degree) @ joined).tocsr().astype(np.float32))

    def smooth(self, values: Floats, steps: int) -> Singles:
        """Means of a value, (m, c), over the rows that a walk of so many steps reaches: about the square root of
        `steps` rows far.
        """
        smoothed = np.asarray(values, np.float32)
        for _ in range(steps):
            smoothed = self.walk @ smoothed
        return smoothed
