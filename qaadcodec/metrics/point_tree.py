"""A cloud in a k-d tree that is built once, however many distances are measured to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from qaadcodec.arrays import Doubles, Floats, Rows
from qaadcodec.parallel import cores

if TYPE_CHECKING:
    from scipy.spatial import cKDTree


class Nearest(NamedTuple):
    """The nearest point of a cloud to each of q points."""

    distances: Doubles
    """(q,) float64, not squared, in the units of the clouds"""
    rows: Rows
    """(q,) of the cloud; of several nearest points, one"""


@dataclass(frozen=True, slots=True)
class PointTree:
    """A cloud and its k-d tree.

    Attributes:
        points: (n, 3) float64, in the order of the cloud.
        tree: over these points.
    """

    points: Doubles
    tree: cKDTree

    @classmethod
    def of(cls, cloud: Floats) -> PointTree:
        """The tree of a cloud, (n, 3) of any float dtype. O(n log n) time."""
        from scipy.spatial import cKDTree

        points = np.asarray(cloud, np.float64)
        return cls(points, cKDTree(points))

    def __len__(self) -> int:
        return len(self.points)

    def nearest(self, queries: Doubles) -> Nearest:
        """The nearest point to each of the queries, (q, 3), on all cores."""
        distances, rows = self.tree.query(queries, workers=cores())
        return Nearest(np.asarray(distances, np.float64), np.asarray(rows, np.int64))
