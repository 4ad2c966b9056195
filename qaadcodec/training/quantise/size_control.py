"""Bringing an archive to a wanted size while it is learnt, by coarser or finer grids and the price of bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qaadcodec.archive import Encoded, Grids, storable
from qaadcodec.training.learner import Learner
from qaadcodec.training.quantise.rounding import Rounding

EVERY = 0.05  # of the training, between two looks at the size
SETTLED = 0.95  # of the training: nothing is changed after it
GAIN = 2.0  # spacings change by this power of size over target: doubling a spacing loses 1 of b bits
FACTOR = 1.6  # at most, at a time


@dataclass(slots=True)
class SizeControl:
    """Looks at the size from time to time, and makes the grids coarser or finer.

    Attributes:
        target: bytes.
        measure: bytes that the archive of a learner would take now, on its grids.
    """

    target: int
    measure: Callable[[Learner], int]
    _next: float = 0.0

    def due(self, fraction: float) -> bool:
        """Whether to look at it after this share of the training."""
        return self._next <= fraction < SETTLED

    def adjusted(self, learner: Learner, rounding: Rounding, fraction: float) -> Rounding:
        """Give the learner other grids, by how far its size is off; the rounding to them."""
        assert learner.grids is not None
        self._next = fraction + EVERY
        off = (self.measure(learner) / self.target) ** GAIN
        factor = min(max(off, 1.0 / FACTOR), FACTOR)
        learner.grids = scaled(learner.grids, factor)
        return Rounding(learner, learner.grids, rounding.price * factor * factor)


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
