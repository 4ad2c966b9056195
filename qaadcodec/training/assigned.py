"""Which clouds have their first targets, and checkpoints of that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from qaadcodec.arrays import Numbers
from qaadcodec.progress import Phase, Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.work.state import State, Table


@dataclass(slots=True)
class Progress:
    """The way through the clouds of a store, group by group.

    Where several ranks share the set, each goes through its own clouds, in as many groups as the others.

    Attributes:
        stage: what a checkpoint calls it.
        store: the targets.
        run: its checkpoints are written.
        phase: hears of every cloud.
        finished: of each cloud, 1 where it has its targets, (n, 1) uint8.
        begun: how many had when this process began.
    """

    stage: str
    store: TargetStore
    run: Run
    phase: Phase
    finished: Numbers = field(init=False)
    begun: int = 0

    @classmethod
    def of(cls, stage: str, store: TargetStore, run: Run, phase: Phase) -> Self:
        """Where to begin; a checkpoint of the stage is taken up, and the store is as it was then."""
        progress = cls(stage, store, run, phase)
        progress.finished = np.zeros((len(store), 1), np.uint8)
        if (left := run.checkpoints.take(stage)) is not None:
            progress.finished[:] = left.rows("finished", progress.finished.shape, np.uint8).whole()
            store.fill(left, "targets")
        progress.begun = progress.done
        run.checkpoints.change(stage, progress.state)
        return progress

    @property
    def done(self) -> int:
        """How many clouds have their targets."""
        return int(self.finished.sum())

    @property
    def so_far(self) -> tuple[int, int]:
        """How many clouds this process has found targets for, and how many it has to."""
        return self.done - self.begun, len(self.store) - self.begun

    def groups(self, together: int) -> Iterator[list[int]]:
        """The clouds that are left, so many at a time; they are finished when the next group is asked for.

        There are as many groups on all ranks, some of them empty where one has fewer clouds.
        """
        left, part = np.flatnonzero(self.finished[:, 0] == 0).tolist(), self.store.part
        for place in range(max(part.ranks.gathered(-(-len(left) // together)))):
            group = left[place * together : (place + 1) * together]
            yield group
            for cloud in group:
                self.finished[cloud] = 1
                self.phase.reach(part.reached(self.done))
            self.run.checkpoints.offer(self.stage, self.state)

    def state(self) -> State:
        """For a checkpoint."""
        return State(tables={"targets": self.store.table(), "finished": Table.of(self.finished)})
