"""Where an error is going: falling, level or rising, by what it was a while ago."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

BACK = 0.1  # of the time since the first error: what the present one is compared with
LEAST_SECONDS = 2.0  # before, there is nothing to compare
LEVEL = 0.02  # relative change that is none
KEPT = 512  # errors; when there are more, every other one is dropped


@dataclass(slots=True)
class Trend:
    """The errors of one phase.

    Attributes:
        clock: seconds, monotonic.
    """

    clock: Callable[[], float] = time.monotonic
    _seen: deque[tuple[float, float]] = field(default_factory=deque)  # (seconds, error)

    def forget(self) -> None:
        """A new phase begins."""
        self._seen.clear()

    def add(self, error: float) -> None:
        """The error now."""
        self._seen.append((self.clock(), error))
        if len(self._seen) > KEPT:
            self._seen = deque(list(self._seen)[::2])

    @property
    def word(self) -> str | None:
        """`falling`, `level` or `rising`; None as long as there is too little to tell."""
        if not self._seen:
            return None
        (first, _), (last, error) = self._seen[0], self._seen[-1]
        back = max(LEAST_SECONDS, BACK * (last - first))
        earlier = [value for seconds, value in self._seen if seconds <= last - back]
        if not earlier:
            return None
        if error < earlier[-1] * (1.0 - LEVEL):
            return "falling"
        return "rising" if error > earlier[-1] * (1.0 + LEVEL) else "level"
