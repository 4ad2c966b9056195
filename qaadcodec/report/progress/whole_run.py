"""How far the whole run is: the share of its time that is over, and the time left, of all phases together."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from qaadcodec.progress import Event, Outlook, PhaseEnded, PhaseStarted, Progress

SETTLING = 5.0  # seconds after which the pace of a phase counts alone, and what was expected of it no longer
STEADY = 1.0  # seconds by which a phase is lengthened before it tells how fast the machine is: short ones tell little
MOST = 0.99  # share that is over, as long as the run goes on


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the whole run stands.

    Attributes:
        share: of its time that is over, from 0 to 1; None where the end cannot be seen yet.
        seconds_left: to the end; None where it cannot be seen yet, negative where the run is behind its deadline.
        roughly: some of it was expected, not measured.
        at_most: no more than a limit is known: the deadline, or where the aim may be reached before.
    """

    share: float | None = None
    seconds_left: float | None = None
    roughly: bool = False
    at_most: bool = False


@dataclass(slots=True)
class WholeRun:
    """Follows the events of a run, and tells at any time how far it is.

    The time left is that of the present phase, by its own pace, and what is expected of those to come. Where a phase
    takes longer than expected, the machine is slower than the one on which that was measured, or busy, and so much more
    is expected of the rest. The time left never exceeds what is left of the budget.

    The share that is over is the time so far, over that and the time left; it never falls. Where nothing was told of
    phases to come, the present phase is taken for the whole run.

    Attributes:
        clock: seconds, monotonic.
        phase: the present one; None between phases.
        progress: what was last told of it.
    """

    clock: Callable[[], float] = time.monotonic
    phase: PhaseStarted | None = None
    progress: Progress | None = None
    _started: float = field(init=False)
    _phase_started: float = 0.0
    _told: float = 0.0
    _outlook: Outlook | None = None
    _deadline: float | None = None
    _to_come: list[tuple[str, float | None]] = field(default_factory=list)
    _expected: float | None = None  # of the present phase, on an idle machine like the one that was measured on
    _slower: float = 1.0  # how many times longer than that the last phase took
    _share: float = 0.0

    def __post_init__(self) -> None:
        self._started = self.clock()

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        match event:
            case Outlook():
                self._outlook, self._to_come = event, list(event.phases)
                self._deadline = None if event.seconds_left is None else self.clock() + event.seconds_left
            case PhaseStarted():
                self.phase, self.progress, self._phase_started = event, None, self.clock()
                self._expected = self._expect(event)
            case Progress():
                self.progress, self._told = event, self.clock()
            case PhaseEnded():
                self._slower = self._slowness(self.clock() - self._phase_started)
                self.phase = self.progress = None
                self._expected = 0.0

    def _expect(self, phase: PhaseStarted) -> float | None:
        """What a phase should take, which now begins; those to come are those after it."""
        names = [name for name, _ in self._to_come]
        if phase.phase in names:
            place = names.index(phase.phase)
            seconds = self._to_come[place][1]
            del self._to_come[: place + 1]
            return seconds
        return 0.0 if phase.total is None else None  # what has no units is soon over

    def _slowness(self, seconds: float) -> float:
        """How many times longer than expected the present phase takes, if it takes so long; 1 at least.

        Where nothing is expected of it, what the phase before told.
        """
        if not self._expected:
            return self._slower
        return max(1.0, (seconds + STEADY) / (self._expected + STEADY))

    @property
    def standing(self) -> Standing:
        """Where the run stands now."""
        now = self.clock()
        left, roughly = self._left(now)
        at_most = left is not None and self._outlook is not None and self._outlook.at_most
        if self._deadline is not None:
            to_deadline = self._deadline - now
            at_most = (at_most or left is None) and to_deadline >= 0
            left = to_deadline if left is None or to_deadline < 0 else min(left, to_deadline)
        if left is None:
            return Standing()
        over = now - self._started
        total = over + max(left, 0.0)
        self._share = max(self._share, min(MOST, over / total if total > 0 else 0.0))
        return Standing(self._share, left, roughly and left >= 0 and not at_most, at_most)

    def _left(self, now: float) -> tuple[float | None, bool]:
        """Seconds left by pace and expectation, whatever the deadline, and whether that is rough."""
        present, roughly = self._left_of_phase(now)
        if self._outlook is None:
            return (None if self.phase is None or self.phase.total is None else present), roughly
        if not self._outlook.phases:
            return None, True
        later = [seconds for _, seconds in self._to_come]
        if present is None or None in later:
            return None, True
        slower = self._slower if self.progress is None else self._slowness(now - self._phase_started + present)
        to_come = slower * sum(seconds for seconds in later if seconds is not None)
        return present + to_come, roughly or to_come > present

    def _left_of_phase(self, now: float) -> tuple[float | None, bool]:
        over, told = now - self._phase_started, self.progress
        expected = None if self._expected is None else max(self._slower * self._expected - over, 0.0)
        if self.phase is None:
            return 0.0, True
        if told is None or told.eta_seconds is None or told.fraction <= 0.0:
            return expected, True
        paced = max(told.eta_seconds - (now - self._told), 0.0)
        certain = min(1.0, max(told.fraction, (self._told - self._phase_started) / SETTLING))
        if expected is None:
            return paced, certain < 1.0
        return certain * paced + (1.0 - certain) * expected, certain < 1.0
