"""The names of the errors between two clouds, in the order in which they are shown, and which of them are asked for."""

from __future__ import annotations

from collections.abc import Collection

from qaadcodec.errors import UsageError

MATCHED = ("em_kd", "em_kd_root", "n_em_kd")  # by a bijection
NEAREST = ("chamfer", "augmented_chamfer", "d1_psnr", "d2_psnr", "hausdorff")  # by nearest neighbours
SURFACE = ("off_rms", "off_p99", "off_max", "cover_rms", "cover_p99", "cover_max", "stray")  # by a dense reference
METRICS = (*MATCHED, *NEAREST, *SURFACE)
PSNRS = HIGHER_IS_BETTER = ("d1_psnr", "d2_psnr")
ADDED = "added_em_kd"  # what a header calls the EM-kD of the clouds that were added last


def check_known(metrics: Collection[str]) -> None:
    """UsageError names the metrics that are unknown and lists those that are not."""
    unknown = [name for name in metrics if name not in METRICS]
    if unknown:
        raise UsageError(f"unknown metrics: {', '.join(unknown)}", hint=f"metrics are {', '.join(METRICS)}")


def chosen_metrics(metrics: Collection[str] | None, *, dense: bool) -> tuple[str, ...]:
    """The metrics asked for, in the order of METRICS.

    Args:
        metrics: their names; None for all that can be measured.
        dense: whether there is a dense reference.

    Raises:
        UsageError: one is unknown; one of SURFACE is named and there is no dense reference, or there is one and none of
            them is named.
    """
    if metrics is None:
        return METRICS if dense else (*MATCHED, *NEAREST)
    check_known(metrics)
    of_surface = [name for name in SURFACE if name in metrics]
    if of_surface and not dense:
        raise UsageError(
            f"{', '.join(of_surface)} cannot be measured without a dense reference",
            hint="--dense names it (in Python: dense)",
        )
    if dense and metrics and not of_surface:
        raise UsageError(
            f"the dense reference is for {', '.join(SURFACE)}, and none of them is among the metrics asked for",
            hint="ask for one of them, or leave the dense reference out",
        )
    return tuple(name for name in METRICS if name in metrics)


def asks_for(metrics: Collection[str], group: Collection[str]) -> bool:
    """Whether one of the metrics is of a group, such as MATCHED, NEAREST, SURFACE or PSNRS."""
    return not set(metrics).isdisjoint(group)
