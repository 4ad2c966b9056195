"""Limits of the mean errors of a set, and what is said when one is missed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qaadcodec.errors import ThresholdMissed, UsageError
from qaadcodec.metrics.names import HIGHER_IS_BETTER, check_known


def check_thresholds(summary: Mapping[str, Any], limits: Mapping[str, float] | Iterable[tuple[str, float]]) -> None:
    """Compare the means of a summary with limits; for the PSNRs, where more is better, the limit is the least.

    Args:
        summary: by `summarise`.
        limits: by metric, or pairs of metric and limit; of several limits of one metric, each has to be kept.

    Raises:
        ThresholdMissed: names every limit that was missed and its metric, with both numbers.
        UsageError: a metric is unknown or was not measured.
    """
    pairs = list(dict.fromkeys(limits.items() if isinstance(limits, Mapping) else limits))
    check_known([name for name, _ in pairs])
    missed = []
    for name, limit in pairs:
        if name not in summary:
            raise UsageError(f"{name} was not measured, so its limit cannot be checked", hint="add it to --metrics")
        value = summary[name]["mean"]
        if not (value >= limit if name in HIGHER_IS_BETTER else value <= limit):  # NaN misses every limit
            word = "below" if name in HIGHER_IS_BETTER else "above"
            missed.append(f"mean {name} is {value:.6g}, {word} the limit {limit:.6g}")
    if missed:
        raise ThresholdMissed("; ".join(missed))
