"""Exact re-solving inside small leaves on the device, a group of clouds at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from qaadcodec.arrays import Longs
from qaadcodec.assignment.device.leaves import rows_of
from qaadcodec.assignment.device.reassignment import resolve_leaves
from qaadcodec.assignment.reassignment import random_rotation
from qaadcodec.config import AssignmentConfig
from qaadcodec.config.network import POSITION
from qaadcodec.model.brought import brought
from qaadcodec.model.torch_decoder import fold_cloud
from qaadcodec.ranks.part import Part
from qaadcodec.training.device.targets import Targets, clouds_together
from qaadcodec.training.host.resolving import is_due
from qaadcodec.training.learner import Learner


class Resolving:
    """Re-solves every cloud once in `resolve_every` epochs, as `host.resolving.Resolving` does, by the same turns.

    Clouds wait until there are enough to fill the device, and at most until their next turn.
    """

    def __init__(
        self, learner: Learner, targets: Targets, config: AssignmentConfig, seed: int, part: Part | None = None
    ) -> None:
        self._part = part or Part(len(learner.latents))
        self._learner, self._targets, self._config, self._seed = learner, targets, config, seed
        self._together = min(clouds_together(len(learner.input_cloud)), len(learner.latents))
        self._waiting: dict[int, int] = {}  # epoch of the turn, by cloud

    def shown(self, batch: Longs) -> None:
        """Note the clouds of a step whose turn it is, and re-solve those that wait once they are a group."""
        epoch = self._learner.epochs
        for cloud in batch.tolist():
            if is_due(self._part.first + cloud, epoch, self._config.resolve_every):
                if cloud in self._waiting:
                    self.flush()
                self._waiting[cloud] = epoch
            if len(self._waiting) == self._together:
                self.flush()

    def waiting(self) -> list[list[int]]:
        """The clouds of the set that wait, in order, each with the epoch of its turn; on all ranks."""
        own = [[self._part.first + cloud, epoch] for cloud, epoch in self._waiting.items()]
        return [each for found in self._part.ranks.gathered(own) for each in found]

    def go_on(self, waiting: Sequence[Sequence[int]]) -> None:
        """Let these clouds wait, as `waiting` told them."""
        first, end = self._part.first, self._part.end
        self._waiting = {int(cloud) - first: int(epoch) for cloud, epoch in waiting if first <= cloud < end}

    @torch.no_grad()
    def flush(self) -> None:
        """Re-solve the clouds that wait for it, at their present predictions and under a rotation each.

        Where the targets are on the device, the host waits for nothing.
        """
        clouds = list(self._waiting)
        draws = [
            np.random.default_rng([self._seed, 4, self._part.first + cloud, epoch])
            for cloud, epoch in self._waiting.items()
        ]
        learner = self._learner
        device = learner.latents.device
        rotation = brought(torch.from_numpy(np.stack([random_rotation(rng) for rng in draws])), device)  # (G, 3, 3)
        targets = self._targets.clouds(clouds)  # (G, M, C)
        latents = learner.latents[brought(torch.tensor(clouds), device)]
        prediction = fold_cloud(learner.network, learner.input_cloud, latents)  # (G, M, 3)
        order = resolve_leaves(
            prediction[..., :POSITION], targets[..., :POSITION], self._config.leaf, rotation
        )  # (G, M)
        self._targets.replace(clouds, rows_of(targets, order))
        self._waiting.clear()
