"""Errors by nearest neighbours: Chamfer distances, D1 PSNR as MPEG's pc_error defines it, Hausdorff distance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Doubles, Floats
from qaadcodec.metrics.point_tree import Nearest, PointTree


@dataclass(frozen=True, slots=True)
class NearestDistances:
    """Squared distance from every point of one cloud to the nearest of the other, in both directions."""

    forward: Doubles
    """from each decoded point to the original, (m,)"""
    backward: Doubles
    """from each original point to the decoded cloud, (n,)"""

    @property
    def chamfer(self) -> float:
        """Sum of the two mean squared nearest distances (paper eq. 10, per point and squared)."""
        return float(self.forward.mean() + self.backward.mean())

    @property
    def augmented_chamfer(self) -> float:
        """The larger of the two mean squared nearest distances (paper eq. 11, per point and squared)."""
        return float(max(self.forward.mean(), self.backward.mean()))

    @property
    def hausdorff(self) -> float:
        """The largest nearest distance of either direction; a length, not squared."""
        return math.sqrt(max(self.forward.max(), self.backward.max()))

    def d1_psnr(self, peak: float) -> float:
        """Point-to-point PSNR in dB, of the worse direction (MPEG pc_error); `psnr` describes the peak."""
        return psnr(self.augmented_chamfer, peak)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest neighbours of two clouds in each other."""

    forward: Nearest
    """of each decoded point in the original, (m,)"""
    backward: Nearest
    """of each original point in the decoded cloud, (n,)"""

    @property
    def distances(self) -> NearestDistances:
        """Their squared distances."""
        return NearestDistances(self.forward.distances**2, self.backward.distances**2)


def nearest_neighbours(decoded: PointTree, original: PointTree) -> Neighbours:
    """Nearest neighbours both ways, of all points; sizes may differ."""
    return Neighbours(original.nearest(decoded.points), decoded.nearest(original.points))


def nearest_distances(decoded: Floats, original: Floats) -> NearestDistances:
    """The squared distances of nearest neighbours both ways; (m, 3) and (n, 3), sizes may differ."""
    return nearest_neighbours(PointTree.of(decoded), PointTree.of(original)).distances


def psnr(mse: float, peak: float) -> float:
    """10 log10(3 peak² / MSE) in dB (MPEG pc_error, which counts three axes); inf without an error.

    An original of one place has no peak, and any error in it is infinitely large: -inf.

    Args:
        mse: mean squared distance, in squared units of the clouds.
        peak: a length in these units, by `peak_length`.
    """
    if mse == 0:
        return math.inf
    return 10.0 * math.log10(3.0 * peak * peak / mse) if peak > 0 else -math.inf


def diagonal(cloud: Floats) -> float:
    """Diagonal of the bounding box, in the units of the cloud."""
    return float(np.linalg.norm(np.ptp(np.asarray(cloud, np.float64), axis=0)))
