"""The errors of one cloud against its original, with EM-kD solved where the caller wants it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from qaadcodec.arrays import Floats, Numbers
from qaadcodec.clouds import resample
from qaadcodec.errors import UsageError
from qaadcodec.metrics.em_kd import em_kd
from qaadcodec.metrics.names import MATCHED, NEAREST, asks_for
from qaadcodec.metrics.pair import CloudErrors, matched_errors, nearest_errors
from qaadcodec.metrics.point_tree import PointTree
from qaadcodec.metrics.surface import Surface, surface_errors
from qaadcodec.progress import Run

Solver: TypeAlias = Callable[[Floats, Floats], tuple[float, float]]
"""EM-kD of two clouds of equal size, and by how much at most it is too high"""


def exactly(a: Floats, b: Floats) -> tuple[float, float]:
    """EM-kD of two clouds, (M, 3) each, and zero, by which it may be too high."""
    return em_kd(a, b), 0.0


def solver(device: str) -> Solver:
    """How EM-kD is found: exactly on the host, by the auction on a CUDA device.

    Raises:
        EnvironmentFailure: there is no such device; UsageError: it has no float64.
    """
    if device in ("auto", "cpu"):
        return exactly
    if device != "cuda":
        raise UsageError(f"EM-kD is not computed on {device}", hint="--device cpu is exact, --device cuda is quick")
    from qaadcodec.metrics.em_kd_bounds import em_kd_within
    from qaadcodec.training.backend import choose_device

    return partial(em_kd_within, device=choose_device(device))


def compare(
    decoded: Numbers,
    original: Numbers,
    surface: Surface | None,
    metrics: Sequence[str],
    run: Run,
    solve: Solver,
) -> CloudErrors:
    """The errors of a cloud, which has no name yet, against its original, (m, 3) and (n, 3), and against its surface.

    Where counts differ, EM-kD takes a subsample of the larger cloud, drawn with the run's seed; the note says so. PSNRs
    are relative to the run's peak.
    """
    values: dict[str, float] = {}
    notes = []
    if asks_for(metrics, MATCHED):
        few = min(len(decoded), len(original))
        if len(decoded) != len(original):
            notes.append(f"{len(decoded)} and {len(original)} points: EM-kD on {few}, drawn with seed {run.seed}")
        matched, gap = solve(resample(decoded, few, run.seed), resample(original, few, run.seed))
        if gap > 0:
            notes.append(f"EM-kD may be up to {math.ceil(1000 * gap / matched) / 10} % too high")
        values |= matched_errors(matched, original)
    if surface or asks_for(metrics, NEAREST):
        tree = PointTree.of(decoded)
        if asks_for(metrics, NEAREST):
            values |= nearest_errors(tree, PointTree.of(original), metrics, run.peak)
        if surface:
            values |= surface_errors(tree, surface)
    asked = {key: value for key, value in values.items() if key in metrics or key == "psnr_peak"}
    return CloudErrors(index=None, name="", points=len(original), note="; ".join(notes) or None, **asked)
