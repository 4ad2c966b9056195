"""Distances between a decoded cloud and the surface itself, for which a much denser sampling of it stands.

All are over the spacing of the original, so that 1 is the distance between neighbours in it, whatever the units and the
number of points. Errors against the original cannot tell a decoded point on the surface, between the points of the
original, from one that is off the surface; these can.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from qaadcodec.arrays import Doubles, Floats
from qaadcodec.metrics.names import SURFACE
from qaadcodec.metrics.point_tree import PointTree

SAMPLE = 2000  # dense points that tell the spacing
FAR_OFF = 2.0  # spacings: what is farther off the surface is a stray point


@dataclass(frozen=True, slots=True)
class Surface:
    """A surface, as a dense sampling of it.

    Attributes:
        dense: (R, 3), spread evenly over the surface, in random order.
        spacing: of the original's points, in their units: √(area / M).
    """

    dense: PointTree
    spacing: float

    @classmethod
    def of(cls, dense: Floats, points: int) -> Surface:
        """The surface of a dense sampling, (R, 3), and the spacing that `points` points on it have.

        Points spread at random with ρ of them per area are 1 / (2√ρ) from their nearest neighbour on average (Clark and
        Evans 1954). The first SAMPLE dense points give that mean, d; so √(area / M) = 1 / √ρ · √(R / M) = 2 d √(R / M).
        It is 0 where these points coincide with others, and infinite where there is one point only.
        """
        tree = PointTree.of(dense)
        nearest = np.asarray(tree.tree.query(tree.points[:SAMPLE], k=[2])[0])  # the nearest one is the point itself
        return cls(tree, float(2 * nearest.mean() * sqrt(len(tree) / points)))


def surface_errors(decoded: PointTree, surface: Surface) -> dict[str, float]:
    """How far decoded points are off a surface, and how far the surface is from them, by the names in SURFACE.

    off_* is from each decoded point to the nearest dense one, cover_* from each dense point to the nearest decoded one:
    root mean square, 99th percentile and largest distance, not squared, over the spacing. Holes show in cover_*. stray
    is the share of decoded points that are more than FAR_OFF spacings off.

    Args:
        decoded: (m, 3).
        surface: in the same units; its spacing is above zero and finite.
    """
    off = surface.dense.nearest(decoded.points).distances / surface.spacing  # (m,)
    cover = decoded.nearest(surface.dense.points).distances / surface.spacing  # (R,)
    return dict(zip(SURFACE, (*three(off), *three(cover), float((off > FAR_OFF).mean())), strict=True))


def three(distances: Doubles) -> tuple[float, float, float]:
    """Root mean square, 99th percentile and maximum."""
    return sqrt(np.square(distances).mean()), float(np.percentile(distances, 99)), float(distances.max())
