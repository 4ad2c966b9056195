"""What travels with long work: the clock, the run, and the phases that it tells of."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from qaadcodec.config.run import LARGEST_SEED, PEAKS, SAMPLES
from qaadcodec.errors import UsageError
from qaadcodec.progress.events import Listener, Notice, Outlook, PhaseEnded, PhaseStarted, Progress, ignore
from qaadcodec.progress.stopping import StopRequest
from qaadcodec.ranks.ranks import ALONE, Ranks
from qaadcodec.work.asked import Work
from qaadcodec.work.checkpoints import Checkpoints

LEAST_SECONDS = 1e-3  # of a share of time: zero would mean that there is no limit to some, and no time to others


def now() -> float:
    """Seconds on the clock that all limits of time are measured by."""
    return time.monotonic()


@dataclass(slots=True)
class Clock:
    """How much of a piece of work is over: units done of all units, or seconds used of a budget, whichever is more.

    Attributes:
        units: in the whole work.
        budget_seconds: for this work alone; None for as long as it takes.
    """

    units: int
    budget_seconds: float | None = None
    done: int = 0
    started: float = field(default_factory=now)

    @property
    def seconds(self) -> float:
        """Seconds since the work began."""
        return now() - self.started

    @property
    def late(self) -> float:
        """Share of the budget that is used, above 1 after its end; zero without one."""
        return self.seconds / self.budget_seconds if self.budget_seconds else 0.0

    @property
    def fraction(self) -> float:
        """Share of the work that is over, 0 to 1. Without a budget it does not depend on the time."""
        return min(1.0, max(self.done / self.units, self.late))

    @property
    def eta_seconds(self) -> float | None:
        """Seconds to the end at the pace so far; None before there is one."""
        fraction = self.fraction
        return self.seconds * (1.0 - fraction) / fraction if fraction > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What travels with a piece of long work from the command to the last loop.

    Attributes:
        listener: receives the events.
        stop: once set, the work ends early with what it has.
        started, deadline: time.monotonic() at which the work began, and at which it should be over; no deadline when
            None.
        device: where to compute: "auto", "cpu", "cuda" or "mps".
        seed: the seed of everything random; a whole number that fits 63 bits.
        strict: a cloud of which only a part can be used, or that may not be whole, is a bad one, where it would else be
            dealt with and told; and so is a set in which something seems to be wrong.
        sample: what is taken of meshes: points drawn from their "surface", or their "vertices"; None for vertices
            where all clouds have as many as are wanted, and the surface elsewhere.
        peak: what PSNRs are relative to: the diagonal of the original's bounding "box", the "spacing" of its points, or
            a length; `metrics.peak` says more.
        work: whether and where an unfinished run keeps what it can go on from.
        checkpoints: of the run that is under way; whoever begins one makes them from `work`.
        ranks: the processes that share the run.

    Raises:
        UsageError: the seed is out of range, or there is no such sample or peak.
    """

    listener: Listener = ignore
    stop: StopRequest = field(default_factory=StopRequest)
    started: float = field(default_factory=now)
    deadline: float | None = None
    device: str = "auto"
    seed: int = 0
    strict: bool = False
    sample: str | None = None
    peak: str | float = "box"
    work: Work = field(default_factory=Work)
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    ranks: Ranks = ALONE

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= LARGEST_SEED:
            raise UsageError(f"seed is {self.seed!r}, and must be from 0 to 2^63 - 1")
        if self.sample not in (None, *SAMPLES):
            raise UsageError(f"sample is {self.sample!r}, and must be {' or '.join(SAMPLES)}")
        if self.peak not in PEAKS and (isinstance(self.peak, str) or not 0 < self.peak < math.inf):
            raise UsageError(f"peak is {self.peak!r}, and must be {', '.join(PEAKS)} or a length above zero")

    def within(self, seconds: float | None) -> Run:
        """The same run with a time limit of its own from now on; without a limit when None."""
        start = now()
        return replace(self, started=start, deadline=None if seconds is None else start + max(seconds, LEAST_SECONDS))

    def later(self, seconds: float) -> Run:
        """The same run with its deadline so many seconds later, if it has one."""
        return self if self.deadline is None else replace(self, deadline=self.deadline + seconds)

    def going_on(self, checkpoints: Checkpoints) -> Run:
        """The same run with these checkpoints, as if it had begun as long ago as the one that they go on with."""
        ago = checkpoints.seconds
        deadline = None if self.deadline is None else self.deadline - ago
        return replace(self, checkpoints=checkpoints, started=self.started - ago, deadline=deadline)

    @property
    def seconds(self) -> float:
        """Seconds since the run started."""
        return now() - self.started

    @property
    def budget_seconds(self) -> float | None:
        """Seconds from start to deadline; None without one."""
        return None if self.deadline is None else self.deadline - self.started

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the deadline, negative after it; None without one."""
        return None if self.deadline is None else self.deadline - now()

    @property
    def is_late(self) -> bool:
        """Whether the deadline is over."""
        return self.deadline is not None and now() >= self.deadline

    def share(self, part: float) -> float | None:
        """That part of the seconds that are left, above zero; None without a deadline."""
        left = self.seconds_left
        return None if left is None else max(part * left, LEAST_SECONDS)

    def note(self, text: str) -> None:
        """Tell something that a person should know."""
        self.listener(Notice(text))

    def warn(self, text: str) -> None:
        """Tell something that a person should act on."""
        self.listener(Notice(text, warning=True))

    def expect(self, *phases: tuple[str, float | None], at_most: bool = False) -> None:
        """Tell what is still to come, and by when; `Outlook` describes it."""
        self.listener(Outlook(phases, self.seconds_left, at_most))

    @contextmanager
    def phase(self, name: str, total: int, unit: str, *, at_most: bool = False) -> Iterator[Phase]:
        """A phase of the work. The listener hears of its start, of what it reaches, and of its end if it has one."""
        phase = Phase(self.listener, name, Clock(total))
        self.listener(PhaseStarted(name, total, unit, at_most))
        yield phase
        self.listener(PhaseEnded(name, phase.clock.seconds))

    @contextmanager
    def waiting(self, name: str) -> Iterator[None]:
        """A phase that is no progress of the work, such as compiling: it has no units."""
        started = now()
        self.listener(PhaseStarted(name, None, ""))
        yield
        self.listener(PhaseEnded(name, now() - started))


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase that is under way."""

    listener: Listener
    name: str
    clock: Clock

    def reach(self, done: int) -> None:
        """Say that so many of its units are finished."""
        self.clock.done = done
        self.report(done, self.clock)

    def advance(self) -> None:
        """Say that one more of its units is finished."""
        self.reach(self.clock.done + 1)

    def report(
        self,
        done: int,
        clock: Clock,
        *,
        throughput: float | None = None,
        matched_error: float | None = None,
        archive_bytes: int | None = None,
    ) -> None:
        """Say how far it is by a clock of the work's own; `Progress` describes the rest."""
        fraction, eta = clock.fraction, clock.eta_seconds
        self.listener(Progress(self.name, done, fraction, throughput, matched_error, eta, archive_bytes))
