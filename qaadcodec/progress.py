"""What long work says about itself: frozen records that library code yields and `report` renders."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A phase of the work begins: its name ("reading", "greedy", "training", …), and how many units it has."""

    phase: str
    total: int | None
    unit: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a phase has got.

    Attributes:
        done: units finished, of the phase's total.
        fraction: share of the phase that is over, 0 to 1; under a time budget it follows the clock.
        points_per_second: points that went through the network per second, None where none do.
        matched_error: mean squared distance of the present matches over the variance of the clouds, above what the
            best bijection would give; close to nEM-kD at the end. None before there is one.
        eta_seconds: estimated time to the end of the phase.
    """

    phase: str
    done: int
    fraction: float
    points_per_second: float | None = None
    matched_error: float | None = None
    eta_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class PhaseEnded:
    """A phase is over."""

    phase: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know: clouds resampled, attributes dropped, clouds skipped."""

    text: str
    warning: bool = False


Event: TypeAlias = PhaseStarted | Progress | PhaseEnded | Notice
Listener: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A listener that does not listen."""


class StopRequest:
    """Asks long work to finish early with what it has: set from a signal handler or another thread."""

    __slots__ = ("_flag",)

    def __init__(self) -> None:
        self._flag = threading.Event()

    def set(self) -> None:
        """Ask for the end; work goes on until it can stop with a valid result."""
        self._flag.set()

    def __bool__(self) -> bool:
        return self._flag.is_set()


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
