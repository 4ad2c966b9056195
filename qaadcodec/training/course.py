"""How the error fell while a set was learnt."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

FEWEST = 8  # reports that tell of a course


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a training.

    Attributes:
        reports: share of the training that was over, and the matched error then, at each report.
    """

    reports: list[tuple[float, float]] = field(default_factory=list)

    @property
    def fell_to(self) -> float | None:
        """The error at the end over that halfway through; None where there were too few reports to tell."""
        if len(self.reports) < FEWEST:
            return None
        shares, errors = np.array(self.reports).T
        halfway = float(np.interp(shares[-1] / 2, shares, errors))
        return float(errors[-1]) / halfway if halfway > 0 else None
