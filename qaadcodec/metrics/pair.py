"""The errors of a decoded cloud against its original."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from qaadcodec.arrays import Floats
from qaadcodec.metrics.em_kd import variance
from qaadcodec.metrics.names import MATCHED, METRICS, NEAREST
from qaadcodec.metrics.nearest import diagonal, nearest_distances


@dataclass(frozen=True, slots=True)
class CloudErrors:
    """The errors of one cloud against its original; those that were not asked for are None.

    Attributes:
        index, name: of the cloud in its archive; no index for two clouds.
        points: of the original.
        em_kd: mean squared matched distance, squared input units; `em_kd_root` is its root, in input units.
        n_em_kd: em_kd over the variance of the original, no unit.
        chamfer: sum of the two mean squared nearest distances; `augmented_chamfer` the larger of them.
        d1_psnr: dB, with the diagonal of the original's bounding box as peak.
        hausdorff: input units.
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
    hausdorff: float | None = None
    note: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """For JSON: index, name, points and every metric; infinite values as null, which is all that JSON has."""
        values = {name: finite_or_none(getattr(self, name)) for name in METRICS}
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


def nearest_errors(decoded: Floats, original: Floats) -> dict[str, float]:
    """The errors by nearest neighbours, of all points: (m, 3) and (n, 3)."""
    found = nearest_distances(decoded, original)
    psnr = found.d1_psnr(diagonal(original))
    return dict(zip(NEAREST, (found.chamfer, found.augmented_chamfer, psnr, found.hausdorff), strict=True))


def finite_or_none(value: float | None) -> float | None:
    """The value, or None where JSON has no word for it."""
    return value if value is not None and math.isfinite(value) else None
