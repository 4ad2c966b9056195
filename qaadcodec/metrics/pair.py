"""The errors of a decoded cloud against its original."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from qaadcodec.arrays import Floats
from qaadcodec.metrics.em_kd import variance
from qaadcodec.metrics.names import MATCHED, METRICS, PSNRS, asks_for
from qaadcodec.metrics.nearest import nearest_neighbours, psnr
from qaadcodec.metrics.peak import Peak, peak_length
from qaadcodec.metrics.point_to_plane import plane_mse
from qaadcodec.metrics.point_tree import PointTree


@dataclass(frozen=True, slots=True)
class CloudErrors:
    """The errors of one cloud against its original; those that were not asked for are None.

    Attributes:
        index, name: those of the cloud in its archive; two clouds have no index.
        points: points of the original.
        em_kd: mean squared matched distance, squared input units; `em_kd_root` is its root, in input units.
        n_em_kd: em_kd over the variance of the original, no unit.
        chamfer: sum of the two mean squared nearest distances; `augmented_chamfer` the larger of them.
        d1_psnr: point to point, dB; `d2_psnr` point to plane.
        hausdorff: input units.
        off_rms, off_p99, off_max: distances from decoded points to the surface, in spacings of the original.
        cover_rms, cover_p99, cover_max: from the surface to the nearest decoded point, in the same unit.
        stray: share of decoded points that are far off the surface.
        psnr_peak: what the PSNRs are relative to, a length in input units.
        note: what a reader of the numbers has to know.
    """

    index: int | None
    name: str
    points: int
    em_kd: float | None = None
    em_kd_root: float | None = None
    n_em_kd: float | None = None
    chamfer: float | None = None
    augmented_chamfer: float | None = None
    d1_psnr: float | None = None
    d2_psnr: float | None = None
    hausdorff: float | None = None
    off_rms: float | None = None
    off_p99: float | None = None
    off_max: float | None = None
    cover_rms: float | None = None
    cover_p99: float | None = None
    cover_max: float | None = None
    stray: float | None = None
    psnr_peak: float | None = None
    note: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """For JSON: index, name, points, every metric and the peak; infinite values as null, all that JSON has."""
        values = {name: finite_or_none(getattr(self, name)) for name in (*METRICS, "psnr_peak")}
        return {"index": self.index, "name": self.name, "points": self.points, **values}


def matched_errors(matched: float, original: Floats) -> dict[str, float]:
    """The errors by a bijection.

    Args:
        matched: EM-kD.
        original: all its points, (n, 3); their variance is what n_em_kd is relative to.
    """
    spread = variance(original)
    relative = matched / spread if spread > 0 else (math.inf if matched > 0 else 0.0)
    return dict(zip(MATCHED, (matched, math.sqrt(matched), relative), strict=True))


def nearest_errors(
    decoded: PointTree, original: PointTree, metrics: Collection[str], peak: Peak = "box"
) -> dict[str, float]:
    """The errors by nearest neighbours, of all points, (m, 3) and (n, 3); and, beside PSNRs, their peak.

    Args:
        metrics: the PSNRs are left out unless they are among them.
        peak: what the PSNRs are relative to.
    """
    neighbours = nearest_neighbours(decoded, original)
    found = neighbours.distances
    values = {"chamfer": found.chamfer, "augmented_chamfer": found.augmented_chamfer, "hausdorff": found.hausdorff}
    if asks_for(metrics, PSNRS):
        length = values["psnr_peak"] = peak_length(peak, original)
        if "d1_psnr" in metrics:
            values["d1_psnr"] = found.d1_psnr(length)
        if "d2_psnr" in metrics:
            values["d2_psnr"] = psnr(plane_mse(decoded, original, neighbours), length)
    return values


def finite_or_none(value: float | None) -> float | None:
    """The value, or None where JSON has no word for it."""
    return value if value is not None and math.isfinite(value) else None
