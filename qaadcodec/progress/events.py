"""What long work says about itself: events, and who listens to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from qaadcodec.config import Plan


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is still to come of the whole run; told again when more is known.

    Attributes:
        phases: name of each phase that comes after this, in order, and the seconds that it is expected to take; None
            where nobody knows. Empty where not even the phases are known yet.
        seconds_left: to the deadline of the run; None without one.
        at_most: the last of the phases may turn out not to be needed.
    """

    phases: tuple[tuple[str, float | None], ...] = ()
    seconds_left: float | None = None
    at_most: bool = False


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A phase of the work begins.

    Attributes:
        phase: its name: "reading", "assigning", "training", …
        total: how many units it has; None where nobody counts them, as of "compiling".
        unit: what they are called.
        at_most: the deadline may end it before all of them are done.
    """

    phase: str
    total: int | None
    unit: str
    at_most: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a phase has got.

    Attributes:
        done: units finished, of the phase's total.
        fraction: share of the phase that is over, 0 to 1; under a time budget it follows the clock.
        throughput: points per second that go through the network, None where none do.
        matched_error: mean squared distance of the present matches over the variance of the clouds, on average over
            the last pass. It is above what the best bijection would give, and close to nEM-kD at the end. None before
            there is one.
        eta_seconds: estimated time to the end of the phase.
        archive_bytes: what the archive would take, as it was when its size was last looked at; None before that.
    """

    phase: str
    done: int
    fraction: float
    throughput: float | None = None
    matched_error: float | None = None
    eta_seconds: float | None = None
    archive_bytes: int | None = None


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


@dataclass(frozen=True, slots=True)
class Planned:
    """What a training goes by has been decided."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Finished:
    """The work is over: its summary, as `--json` has it."""

    summary: Mapping[str, Any]


Event: TypeAlias = Outlook | PhaseStarted | Progress | PhaseEnded | Notice | Planned | Finished
Listener: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A listener that does not listen."""
