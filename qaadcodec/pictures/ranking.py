"""Which metric orders clouds, and how its values are called and written in pictures."""

from __future__ import annotations

from collections.abc import Sequence

from qaadcodec.metrics.names import HIGHER_IS_BETTER, METRICS
from qaadcodec.metrics.pair import CloudErrors
from qaadcodec.report.errors import HEADERS, cell

PREFERRED = "n_em_kd"
UNITS = {
    "n_em_kd": "%",
    "stray": "%",
    "em_kd": "squared units of the input",
    "chamfer": "squared units of the input",
    "augmented_chamfer": "squared units of the input",
    "em_kd_root": "units of the input",
    "hausdorff": "units of the input",
    "d1_psnr": "dB",
    "d2_psnr": "dB",
}
OTHERWISE = "spacings of the original"


def leading(errors: Sequence[CloudErrors]) -> str:
    """The metric that orders clouds, one at least: nEM-kD where it was measured, or else the first that was."""
    measured = [metric for metric in METRICS if getattr(errors[0], metric) is not None]
    return PREFERRED if PREFERRED in measured else measured[0]


def worst_first(metric: str, errors: Sequence[CloudErrors]) -> list[CloudErrors]:
    """The clouds in the order of a metric, whether larger or smaller is worse."""
    return sorted(errors, key=lambda each: float(getattr(each, metric)), reverse=metric not in HIGHER_IS_BETTER)


def value_of(metric: str, errors: CloudErrors) -> float:
    """The value in the unit of `label_of`."""
    value = float(getattr(errors, metric))
    return 100 * value if UNITS.get(metric) == "%" else value


def label_of(metric: str) -> str:
    """`nEM-kD, %`."""
    return f"{HEADERS[metric]}, {UNITS.get(metric, OTHERWISE)}"


def told(metric: str, errors: CloudErrors) -> str:
    """`nEM-kD 0.31 %`."""
    return f"{HEADERS[metric]} {cell(metric, getattr(errors, metric))}"
