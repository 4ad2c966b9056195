"""The names of the errors between two clouds, in the order in which they are shown, and which of them are asked for."""

from __future__ import annotations

from collections.abc import Collection

from qaadcodec.errors import UsageError

MATCHED = ("em_kd", "em_kd_root", "n_em_kd")  # by a bijection
NEAREST = ("chamfer", "augmented_chamfer", "d1_psnr", "d2_psnr", "hausdorff")  # by nearest neighbours
METRICS = (*MATCHED, *NEAREST)
HIGHER_IS_BETTER = ("d1_psnr", "d2_psnr")


def chosen_metrics(metrics: Collection[str] | None) -> tuple[str, ...]:
    """The metrics asked for, in the order of METRICS; UsageError names an unknown one and lists them all."""
    unknown = [name for name in metrics or () if name not in METRICS]
    if unknown:
        raise UsageError(f"unknown metrics: {', '.join(unknown)}", hint=f"metrics are {', '.join(METRICS)}")
    return METRICS if metrics is None else tuple(name for name in METRICS if name in metrics)


def asks_for(metrics: Collection[str], group: Collection[str]) -> bool:
    """Whether one of the metrics is of a group, MATCHED or NEAREST."""
    return not set(metrics).isdisjoint(group)
