"""The error that an archive records of itself: EM-kD of a sample of its clouds, as they will decode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Singles
from qaadcodec.metrics.em_kd import em_kd, variance
from qaadcodec.progress import Phase, Run
from qaadcodec.ranks.part import Part

DIGITS = 4  # significant, of an error in a header
SAMPLE = 8  # clouds measured, evenly spread over the set


@dataclass(frozen=True, slots=True)
class SampledError:
    """Mean errors of a sample of clouds.

    Attributes:
        em_kd: mean squared distance, in squared input units.
        n_em_kd: over the variance of each cloud.
        sample: clouds measured.
    """

    em_kd: float
    n_em_kd: float
    sample: int

    def to_header(self) -> dict[str, float]:
        """As the header of an archive records it: more digits than DIGITS say nothing of the other clouds."""
        em_kd, n_em_kd = (float(f"{value:.{DIGITS}g}") for value in (self.em_kd, self.n_em_kd))
        return {"em_kd": em_kd, "n_em_kd": n_em_kd, "sample": self.sample}


def sample_error(
    clouds: int | Part,
    original: Callable[[int], Singles],
    decoded: Callable[[int], Singles],
    scale: float,
    run: Run,
    phase: Phase,
) -> SampledError:
    """Measure up to SAMPLE of N clouds: at least one, and more only until the deadline of the run.

    Args:
        clouds: N; or the part of a set that this process has, which measures those of the sample that are in it.
        original, decoded: the normalised clouds by number in the set, (M, 3).
        scale: input units per normalised unit.
        phase: hears of every cloud.
    """
    part = clouds if isinstance(clouds, Part) else Part(clouds)
    own: list[tuple[float, float]] = []  # squared, and over the variance
    sample = np.unique(np.linspace(0, part.total - 1, min(SAMPLE, part.total)).round().astype(int))
    for i in sample[(sample >= part.first) & (sample < part.end)].tolist():
        if own and run.is_late:
            break
        truth = original(i)
        error = em_kd(decoded(i), truth)
        spread = variance(truth)  # zero for a cloud too small beside the others to have a shape
        own.append((error * scale**2, error / spread if spread > 0 else 0.0))
        phase.advance()
    squared, relative = zip(*(errors for found in part.ranks.gathered(own) for errors in found), strict=True)
    return SampledError(float(np.mean(squared)), float(np.mean(relative)), len(squared))
