"""The order in which clouds are shown, pass after pass, and how it is taken up where a run was left."""

from __future__ import annotations

from typing import Any

import numpy as np

from qaadcodec.arrays import Longs, Numbers
from qaadcodec.work.state import State


class Passes:
    """Passes over clouds in random orders, batch by batch. One that is left in its midst can be taken up there.

    Attributes:
        rng: draws the orders; the steps between the batches may draw from it, too.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self._order: Longs = np.empty(0, np.int64)
        self._batches: list[Longs] = []
        self._at = 0

    @property
    def over(self) -> bool:
        """Whether every batch of the present pass was shown; so it is before the first one."""
        return self._at == len(self._batches)

    def begin(self, clouds: int | Longs, batches: int) -> None:
        """Draw the order of the next pass: over so many clouds or over these, in so many batches."""
        self._take(self.rng.permutation(clouds), batches, 0)

    def batch(self) -> Longs:
        """The next batch of the pass, ascending."""
        self._at += 1
        return np.sort(self._batches[self._at - 1])

    def numbers(self) -> dict[str, Any]:
        """For a checkpoint: the state of the generator, and the place in the pass."""
        return {"rng": self.rng.bit_generator.state, "batches": len(self._batches), "at": self._at}

    def arrays(self) -> dict[str, Numbers]:
        """For a checkpoint: the order of the pass."""
        return {"order": self._order}

    def go_on(self, state: State) -> None:
        """Take up the pass of a checkpoint, which `numbers` and `arrays` are part of."""
        with state.going_on() as found:
            order: Longs = found.shared["order"].astype(np.int64)
            self._take(order, found.numbers["batches"], found.numbers["at"])
            self.rng.bit_generator.state = found.numbers["rng"]

    def _take(self, order: Longs, batches: int, at: int) -> None:
        if not 0 <= at <= batches:
            raise ValueError(f"{at} of {batches} batches were shown")
        self._order, self._at = order, at
        self._batches = np.array_split(order, batches) if batches else []
