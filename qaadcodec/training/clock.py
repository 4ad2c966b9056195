"""How much of the training is over: by epochs, or by the clock where a budget runs out sooner."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

RATE_RISE = 0.02  # share of the training over which the learning rate rises


@dataclass(slots=True)
class Clock:
    """Steps done of all steps, and seconds used of the budget; the larger share counts.

    Attributes:
        steps: of the whole training.
        budget_seconds: for the training alone; None for as long as it takes.
    """

    steps: int
    budget_seconds: float | None
    done: int = 0
    started: float = 0.0

    def __post_init__(self) -> None:
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the training began."""
        return time.monotonic() - self.started

    @property
    def fraction(self) -> float:
        """Share of the training that is over, 0 to 1. Without a budget it does not depend on the clock."""
        by_steps = self.done / self.steps
        by_time = self.seconds / self.budget_seconds if self.budget_seconds else 0.0
        return min(1.0, max(by_steps, by_time))

    @property
    def eta_seconds(self) -> float | None:
        """Seconds to the end at the pace so far; None before there is one."""
        fraction = self.fraction
        return self.seconds * (1.0 - fraction) / fraction if fraction > 0 else None


def rate(fraction: float) -> float:
    """Learning rate as a share of the highest one: a short rise, then half a cosine down to nought."""
    return min(1.0, fraction / RATE_RISE) * 0.5 * (1.0 + math.cos(math.pi * fraction))
