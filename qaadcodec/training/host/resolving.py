"""Exact re-solving inside small leaves: clouds take turns, in threads of their own while the steps go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

import numpy as np

from qaadcodec.arrays import Longs
from qaadcodec.assignment.reassignment import resolve_leaves
from qaadcodec.config import AssignmentConfig
from qaadcodec.config.network import POSITION
from qaadcodec.parallel import cores
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.learner import Learner
from qaadcodec.training.predict import Snapshot

AHEAD = 4  # clouds per core that are under way, or done since their last step; each holds a copy of Q and the weights


def is_due(cloud: int, epoch: int, every: int) -> bool:
    """Whether it is the turn of a cloud: once in `every` epochs, and for other clouds in other epochs."""
    return (epoch + cloud) % every == every - 1


class Resolving:
    """Re-solves every cloud once in `resolve_every` epochs, after a step that showed it.

    The threads work on copies of what the prediction needs, while the steps go on with other clouds. A cloud that is
    under way is waited for before its next step, so the result does not depend on how fast the threads are.
    """

    def __init__(self, learner: Learner, store: TargetStore, config: AssignmentConfig, seed: int) -> None:
        self._learner, self._store, self._config, self._seed = learner, store, config, seed
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="resolving")
        self._under_way: dict[int, Future[None]] = {}

    def shown(self, batch: Longs, after: Sequence[Future[None]] = ()) -> None:
        """Start to re-solve those clouds of a step whose turn it is.

        Args:
            after: work that still changes the targets of these clouds.
        """
        learner, epoch = self._learner, self._learner.epochs
        for cloud in batch.tolist():
            if is_due(self._store.part.first + cloud, epoch, self._config.resolve_every):
                if len(self._under_way) >= AHEAD * cores():
                    self.settle([next(iter(self._under_way))])
                snapshot = Snapshot.of(learner.network, learner.input_cloud, learner.latents[cloud])
                self._under_way[cloud] = self._pool.submit(self._resolve, cloud, epoch, snapshot, after)

    def settle(self, clouds: Iterable[int]) -> None:
        """Wait for those of these clouds that are under way, and raise what went wrong with them."""
        for cloud in clouds:
            if (future := self._under_way.pop(cloud, None)) is not None:
                future.result()

    def drop_waiting(self) -> None:
        """Leave out what has not begun: nothing is learnt from it any more."""
        for future in self._under_way.values():
            future.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=kind is not None)
        if kind is None:
            self.settle([cloud for cloud, future in self._under_way.items() if not future.cancelled()])

    def _resolve(self, cloud: int, epoch: int, snapshot: Snapshot, after: Sequence[Future[None]]) -> None:
        wait(after)
        rng = np.random.default_rng([self._seed, 4, self._store.part.first + cloud, epoch])
        predicted, positions = snapshot.predict()[:, :POSITION], self._store.positions(cloud)
        targets = self._store.points[cloud]
        targets[:] = targets[resolve_leaves(predicted, positions, self._config.leaf, rng)]
