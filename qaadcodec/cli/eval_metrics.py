"""Which errors `qaad eval` measures: what its options ask for, and whether that goes together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from qaadcodec.cli.choices import files
from qaadcodec.cli.choices import metrics as complete_metrics
from qaadcodec.cli.near import did_you_mean
from qaadcodec.cli.options import bundle
from qaadcodec.cli.options import limit as parse_limit
from qaadcodec.cli.options import peak as parse_peak
from qaadcodec.errors import UsageError
from qaadcodec.metrics.names import METRICS, PSNRS, SURFACE, asks_for, chosen_metrics

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Asked:
    """The errors that are measured.

    Attributes:
        metrics: in the order of METRICS.
        limits: metrics and the limits of their means; each is among the metrics.
        dense: folders and files with dense references.
        peak: what PSNRs are relative to.
    """

    metrics: tuple[str, ...]
    limits: tuple[tuple[str, float], ...] = ()
    dense: tuple[str, ...] = ()
    peak: str | float = "box"


def asked_for(
    metrics: tuple[str, ...], limits: tuple[tuple[str, float], ...], dense: tuple[str, ...], peak: str | float | None
) -> Asked:
    """What the options ask for: all metrics where none is named, those of the surface where there is a dense reference.

    Raises:
        UsageError: a metric is unknown, one of the surface is asked for without --dense or --dense without any of them,
            a limit is of a metric that is not measured, or there is a peak for no PSNR.
    """
    names = [name.strip() for group in metrics for name in group.split(",") if name.strip()]
    for name in [*names, *(metric for metric, _ in limits)]:
        if name not in METRICS:
            near = did_you_mean(name, METRICS)
            known = f"metrics are {', '.join(METRICS)}"
            raise UsageError(f"unknown metric {name!r}", hint=f"{near} {known}" if near else known)
    chosen = chosen_metrics(names or None, dense=bool(dense))
    for metric, value in limits:
        if metric not in chosen:
            needed = f"{metric} among the --metrics" if names else "--dense"
            raise UsageError(f"--fail-above {metric}={value:g} needs {needed}")
    if peak is not None and not asks_for(chosen, PSNRS):
        raise UsageError(f"--peak needs {' or '.join(PSNRS)} among the --metrics")
    return Asked(chosen, limits, dense, "box" if peak is None else peak)


def asked_options(command: F) -> F:
    """`--metrics`, `--dense` and `--fail-above`, which reach the command as its argument `asked`."""
    return bundle(
        "asked",
        lambda given: asked_for(**given),
        click.option(
            "--metrics",
            multiple=True,
            metavar="NAME,...",
            shell_complete=complete_metrics,
            help=f"Only these of {', '.join(METRICS)}; the last {len(SURFACE)} take --dense.  [default: all]",
        ),
        click.option(
            "--dense",
            multiple=True,
            metavar="DIR",
            shell_complete=files,
            help="Dense samplings of the same surfaces: a folder, or a file; repeatable. Found by name, as REFERENCE. "
            "Measures off, cover and stray too.  [default: none]",
        ),
        click.option(
            "--peak",
            type=parse_peak,
            metavar="box|spacing|VALUE",
            help="What PSNRs are relative to: the diagonal of the original's bounding box, the largest distance of its "
            "points to their nearest neighbours, as MPEG's pc_error has it by itself, or a length, such as 1023 for 10 "
            "bits.  [default: box]",
        ),
        click.option(
            "--fail-above",
            "limits",
            type=parse_limit,
            multiple=True,
            metavar="METRIC=VALUE",
            help="Exit code 5 when the mean of that metric is above the value (PSNR: below it); repeatable.",
        ),
    )(command)
