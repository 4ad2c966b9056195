"""The order in which clouds are shown, pass after pass, and how it is taken up where a run was left."""

from __future__ import annotations

from typing import Any

import numpy as np

from qaadcodec.arrays import Longs, Numbers
from qaadcodec.ranks.part import Part
from qaadcodec.work.state import State


class Passes:
    """Passes over clouds in random orders, batch by batch. One that is left in its midst can be taken up there.

    Where several ranks share the set, all draw the same orders, and each shows its own clouds in them, in as many
    batches as the others. A pass that is taken up by another number of ranks shows what had not been shown.

    Attributes:
        rng: draws the orders; the steps between the batches may draw from it, too.
    """

    def __init__(self, rng: np.random.Generator, part: Part | None = None) -> None:
        """Begin.

        Args:
            rng: the same on all ranks.
            part: the clouds that this rank shows, of the set; all when None.
        """
        self.rng, self._part = rng, part
        self._order: Longs = np.empty(0, np.int64)
        self._dealt: list[list[Longs]] = [[]]  # the batches of every rank
        self._at = 0

    @property
    def over(self) -> bool:
        """Whether every batch of the present pass was shown; so it is before the first one."""
        return self._at == len(self._dealt[0])

    def begin(self, clouds: int | Longs, batches: int) -> None:
        """Draw the order of the next pass: over so many clouds or over these, in so many batches."""
        self._take(self.rng.permutation(clouds), batches)

    def batch(self) -> Longs:
        """The next batch of the pass, ascending: as clouds are numbered in the part where there is one."""
        self._at += 1
        rank, first = (self._part.ranks.rank, self._part.first) if self._part else (0, 0)
        return np.sort(self._dealt[rank][self._at - 1]) - first

    @property
    def left(self) -> int:
        """How many batches of the present pass are left."""
        return len(self._dealt[0]) - self._at

    def at_most(self, batches: int) -> None:
        """Show what is left of the pass in so many batches at most."""
        if self.left > batches:
            self._take(self.arrays()["order"], batches)

    def numbers(self) -> dict[str, Any]:
        """For a checkpoint: the state of the generator, and the batches that are left of the pass."""
        return {"rng": self.rng.bit_generator.state, "batches": self.left}

    def arrays(self) -> dict[str, Numbers]:
        """For a checkpoint: the clouds that are left of the pass, in their order."""
        shown = [batch for batches in self._dealt for batch in batches[: self._at]]
        return {"order": self._order[~np.isin(self._order, np.concatenate(shown))] if shown else self._order}

    def go_on(self, state: State) -> None:
        """Take up the pass of a checkpoint, which `numbers` and `arrays` are part of."""
        with state.going_on() as found:
            order: Longs = found.shared["order"].astype(np.int64)
            batches = int(found.numbers["batches"])
            if batches < 0 or (batches == 0 and len(order)):
                raise ValueError(f"{len(order)} clouds are left in {batches} batches")
            self._take(order, batches)
            self.rng.bit_generator.state = found.numbers["rng"]

    def _take(self, order: Longs, batches: int) -> None:
        self._order, self._at = order, 0
        dealt = self._part.dealt(order) if self._part else [order]
        batches = min(batches, max(map(len, dealt)))  # some rank shows a cloud in every one
        self._dealt = [np.array_split(clouds, batches) if batches else [] for clouds in dealt]
