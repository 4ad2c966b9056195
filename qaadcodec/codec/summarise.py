"""`summarise`: statistics of the errors of many clouds, and what their archive costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qaadcodec.codec.open import OpenArchive, reading
from qaadcodec.metrics.em_kd import VERSION
from qaadcodec.metrics.names import MATCHED, METRICS, PSNRS, asks_for
from qaadcodec.metrics.pair import CloudErrors
from qaadcodec.metrics.peak import Peak
from qaadcodec.metrics.rate import bits_per_point, ratio, ratio_paper, raw_bytes


def summarise(
    errors: Sequence[CloudErrors], archive: str | Path | OpenArchive | None, peak: Peak = "box"
) -> dict[str, Any]:
    """Mean, median, p95 and max of every metric over the clouds, and what the archive costs.

    Args:
        errors: of the clouds compared.
        archive: its sizes and ratios are added; the open one that was evaluated, where it came through a pipe; None
            for two clouds.
        peak: what PSNRs were relative to.

    Returns:
        The last JSON line of `qaad eval --json`. Statistics may be infinite or NaN, for which JSON has only null.
    """
    summary: dict[str, Any] = {"summary": True, "clouds": len(errors)}
    for name in METRICS:
        values = np.array([v for e in errors if (v := getattr(e, name)) is not None])
        if len(values):
            with np.errstate(invalid="ignore"):  # the mean of infinite values: two equal clouds have infinite PSNR
                statistics = {
                    "mean": values.mean(),
                    "median": np.median(values),
                    "p95": np.percentile(values, 95),
                    "max": values.max(),
                }
            summary[name] = {key: float(value) for key, value in statistics.items()}
    if asks_for(summary, MATCHED):
        summary["em_kd_version"] = VERSION
    if asks_for(summary, PSNRS):
        summary["peak"] = peak
    if archive is not None:
        with reading(archive) as source:
            clouds, points, size = len(source), source.header.points, source.size_bytes
            summary |= {
                "archive_clouds": clouds,
                "bytes": size,
                "raw_bytes": raw_bytes(clouds, points),
                "ratio": ratio(clouds, points, size),
                "ratio_paper": ratio_paper(clouds, points, source.header.network),
                "bits_per_point": bits_per_point(clouds, points, size),
            }
    return summary
