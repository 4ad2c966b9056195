"""Exact re-solving inside small leaves, cloud by cloud in turn, so that it takes a steady share of the time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch import Tensor

from qaadcodec.assignment.reassignment import resolve_leaves
from qaadcodec.config import AssignmentConfig
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.training.predict import predict
from qaadcodec.training.step import Threads
from qaadcodec.training.targets import TargetStore


class Resolving:
    """Re-solves every cloud once in `resolve_every` epochs, after a step that showed it; threads take clouds each."""

    def __init__(
        self, network: FoldingNetwork, store: TargetStore, config: AssignmentConfig, seed: int, run: Threads
    ) -> None:
        self._network, self._store, self._config, self._seed, self._run = network, store, config, seed, run
        self._waiting: list[tuple[int, int]] = []

    def shown(self, batch: npt.NDArray[np.int64], epoch: int, input_cloud: Tensor, latents: Tensor) -> None:
        """Note the clouds of a step, and re-solve those whose turn it is as soon as they fill the threads."""
        every = self._config.resolve_every
        for cloud in batch.tolist():
            if (epoch + cloud) % every == every - 1:
                if any(cloud == waiting for waiting, _ in self._waiting):  # never in two threads at once
                    self.flush(input_cloud, latents)
                self._waiting.append((cloud, epoch))
        if len(self._waiting) >= 2 * self._run.count:
            self.flush(input_cloud, latents)

    def flush(self, input_cloud: Tensor, latents: Tensor) -> None:
        """Re-solve the clouds that wait for it."""

        def work(turn: tuple[int, int]) -> None:
            cloud, of_epoch = turn
            rng = np.random.default_rng([self._seed, 4, cloud, of_epoch])
            prediction = predict(self._network, input_cloud, latents[cloud])
            targets = self._store.points[cloud]
            targets[:] = targets[resolve_leaves(prediction, targets, self._config.leaf, rng)]

        list(self._run.pool.map(work, self._waiting))
        self._waiting.clear()
