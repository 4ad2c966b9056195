"""Errors by nearest neighbours: Chamfer distances, D1 PSNR as MPEG's pc_error defines it, Hausdorff distance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Doubles, Floats
from qaadcodec.metrics.em_kd import in_float64
from qaadcodec.parallel import cores


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
        """Point-to-point PSNR in dB, 10 log10(3 peak² / MSE) of the worse direction (MPEG pc_error); inf if equal.

        An original of one place has no peak, and any error in it is infinitely large: -inf.

        Args:
            peak: a length in the units of the clouds; qaad uses the diagonal of the original's bounding box.
        """
        mse = self.augmented_chamfer
        if mse == 0:
            return math.inf
        return 10.0 * math.log10(3.0 * peak * peak / mse) if peak > 0 else -math.inf


def nearest_distances(decoded: Floats, original: Floats) -> NearestDistances:
    """Nearest neighbours both ways, of all points; (m, 3) and (n, 3), sizes may differ."""
    from scipy.spatial import cKDTree

    x, y = in_float64(decoded, original)

    def squared(a: Floats, b: Floats) -> Doubles:
        distances = cKDTree(b).query(a, workers=cores())[0]
        return np.asarray(distances, np.float64) ** 2

    return NearestDistances(forward=squared(x, y), backward=squared(y, x))


def diagonal(cloud: Floats) -> float:
    """Diagonal of the bounding box, in the units of the cloud."""
    return float(np.linalg.norm(np.ptp(np.asarray(cloud, np.float64), axis=0)))
