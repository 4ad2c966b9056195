"""What every rank has to know between two steps, by the clock and the signals of others: it travels with the gradient.

How late it is, whether to stop, whether to write a checkpoint: all ranks must see these alike, or some would wait for
others that have gone on. The first rank says how late it is, every rank whether it was asked to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qaadcodec.progress import Clock, Run


class Pulse:
    """How far a piece of work is, as all ranks see it. With one rank, that is how it is just now.

    With several it is what was said before the last step; before the first one, that nothing is late or wanted.
    """

    def __init__(self, run: Run, clock: Clock, *wanted: Callable[[], bool]) -> None:
        """Begin.

        Args:
            run: its stop request, from whichever rank, ends the work.
            clock: of the work.
            wanted: what the first rank may want, such as a checkpoint.
        """
        self._run, self._clock, self._wanted = run, clock, wanted
        self._heard: list[float] | None = [0.0] * (2 + len(wanted)) if run.ranks.size > 1 else None

    def said(self) -> list[float]:
        """What this rank says: numbers that are added up. Nothing where nobody hears it."""
        if self._heard is None:
            return []
        stop = float(bool(self._run.stop))
        if self._run.ranks.rank > 0:
            return [0.0, stop] + [0.0] * len(self._wanted)
        return [self._clock.late, stop] + [float(wanted()) for wanted in self._wanted]

    def hear(self, sums: Sequence[float]) -> None:
        """Take in what all ranks have said."""
        self._heard = list(sums) if self._heard is not None else None

    @property
    def fraction(self) -> float:
        """Share of the work that is over, 0 to 1."""
        if self._heard is None:
            return self._clock.fraction
        return min(1.0, max(self._clock.done / self._clock.units, self._heard[0]))

    @property
    def stop(self) -> bool:
        """Whether to end it."""
        return bool(self._run.stop) if self._heard is None else self._heard[1] > 0

    @property
    def goes_on(self) -> bool:
        """Whether there is a next step."""
        return self.fraction < 1.0 and not self.stop

    def wants(self, which: int) -> bool:
        """Whether the first rank wants what stands in that place."""
        return self._wanted[which]() if self._heard is None else self._heard[2 + which] > 0
