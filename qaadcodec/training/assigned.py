"""How many clouds have their first assignment, and checkpoints of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from qaadcodec.progress import Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.work.state import State

STAGE = "assigning"


@dataclass(slots=True)
class Progress:
    """The clouds of a store up to one are in the row order of Q.

    Attributes:
        store: the set.
        run: its checkpoints are written.
        begun: how many were, when this process began.
        done: how many are.
    """

    store: TargetStore
    run: Run
    begun: int = 0
    done: int = 0

    @classmethod
    def of(cls, store: TargetStore, run: Run) -> Self:
        """Where to begin; a checkpoint of assigning is taken up, and the store is as it was then."""
        begun = 0
        if (left := run.checkpoints.take(STAGE)) is not None:
            with left.going_on():
                begun = int(left.numbers["done"])
                store.fill(left, "targets")
        progress = cls(store, run, begun, begun)
        run.checkpoints.change(STAGE, progress.state)
        return progress

    @property
    def so_far(self) -> tuple[int, int]:
        """How many clouds this process has assigned, and how many it has to."""
        return self.done - self.begun, len(self.store) - self.begun

    def reach(self, done: int) -> None:
        """Say that so many clouds are assigned."""
        self.done = done
        self.run.checkpoints.offer(STAGE, self.state)

    def state(self) -> State:
        """For a checkpoint."""
        return State({"done": self.done}, tables={"targets": self.store.table()})
