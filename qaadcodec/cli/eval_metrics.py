"""Which errors `qaad eval` measures: what --metrics says, and what the limits need."""

from __future__ import annotations

from qaadcodec.errors import UsageError
from qaadcodec.metrics.names import METRICS


def chosen_metrics(metrics: tuple[str, ...], limits: tuple[tuple[str, float], ...]) -> tuple[str, ...] | None:
    """The metrics asked for, in the order of METRICS; None for all. Every limit needs its metric."""
    names = [name.strip() for group in metrics for name in group.split(",") if name.strip()]
    for name in [*names, *(metric for metric, _ in limits)]:
        if name not in METRICS:
            raise UsageError(f"unknown metric {name!r}", hint=f"metrics are {', '.join(METRICS)}")
    if not names:
        return None
    for metric, value in limits:
        if metric not in names:
            raise UsageError(f"--fail-above {metric}={value:g} needs {metric} among the --metrics")
    return tuple(name for name in METRICS if name in names)
