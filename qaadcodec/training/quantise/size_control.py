"""The size of an archive while it is learnt: what it would take, and how it comes to a wanted one, by other grids."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qaadcodec.archive import Encoded, Grids, storable
from qaadcodec.progress import now
from qaadcodec.training.learner import Learner
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.work.state import State

EVERY = 0.05  # of the training, between two looks at the size
SETTLED = 0.95  # of the training: nothing is changed after it
GAIN = 2.0  # spacings change by this power of size over target: doubling a spacing loses 1 of b bits
FACTOR = 1.6  # at most, at a time
LOOKING = 0.01  # of the time that looking at the size may take where nothing depends on it


@dataclass(slots=True)
class SizeControl:
    """Looks at the size from time to time, and makes the grids coarser or finer where it is not what is wanted.

    Attributes:
        target: bytes; None where any size will do, and looking at it may then take no more than LOOKING of the time.
        measure: bytes that the archive of a learner would take now, on its grids: it is encoded for that.
        seen: what it came to last; None before the first look.
    """

    target: int | None
    measure: Callable[[Learner], int]
    seen: int | None = None
    _next: float = 0.0  # share of the training
    _next_glance: float = 0.0  # seconds on the clock

    def numbers(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"seen": self.seen, "next": self._next}

    def go_on(self, state: State) -> None:
        """Go on from a checkpoint that `numbers` are part of."""
        with state.going_on() as found:
            self.seen, self._next = found.numbers["seen"], float(found.numbers["next"])

    def due(self, fraction: float) -> bool:
        """Whether to bring the archive nearer to the target after this share of the training."""
        return self.target is not None and self._next <= fraction < SETTLED

    def adjusted(self, learner: Learner, rounding: Rounding, fraction: float) -> Rounding:
        """Give the learner other grids, by how far its size is off; the rounding to them."""
        assert learner.grids is not None
        assert self.target is not None
        self._next = fraction + EVERY
        self.seen = self.measure(learner)
        factor = min(max((self.seen / self.target) ** GAIN, 1.0 / FACTOR), FACTOR)
        learner.grids = scaled(learner.grids, factor)
        return Rounding(learner, learner.grids, rounding.price * factor * factor)

    @property
    def wants_glance(self) -> bool:
        """Whether to look at the size without a target: not where the last look was taken too recently."""
        return self.target is None and now() >= self._next_glance

    def glance(self, learner: Learner) -> None:
        """Look at the size, to tell it."""
        started = now()
        self.seen = self.measure(learner)
        self._next_glance = now() + (now() - started) / LOOKING


def scaled(grids: Grids, factor: float) -> Grids:
    """All grids, with that many times their spacing."""
    return Grids(
        weights={name: storable(grid * factor) for name, grid in grids.weights.items()},
        latents=np.array([storable(float(grid) * factor) for grid in grids.latents], np.float32),
        input_cloud=storable(grids.input_cloud * factor),
    )


def fitted(learner: Learner, target: int, encoded: Callable[[Learner], Encoded], tolerance: float) -> Encoded:
    """Scale the grids of a learner that is learnt already until its archive has the target size, or nearly so.

    Args:
        target: bytes.
        encoded: the archive of a learner on its present grids.
        tolerance: relative difference that is left alone.

    Returns:
        The archive on the grids that the learner has afterwards.
    """
    found, start = encoded(learner), learner.grids
    assert start is not None
    low, high = -3.0, 3.0  # of the factor's logarithm to base 2: far beyond, nothing is left of the clouds
    while abs(len(found) - target) > tolerance * target and high - low > 0.01:
        middle = (low + high) / 2 if (low, high) != (-3.0, 3.0) else 0.25 * math.copysign(1.0, len(found) - target)
        learner.grids = scaled(start, 2.0**middle)
        found = encoded(learner)
        if len(found) > target:
            low = middle
        else:
            high = middle
    return found
