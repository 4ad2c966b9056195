"""Exact re-solving inside small leaves on the device, a group of clouds at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from qaadcodec.assignment.device.leaves import rows_of
from qaadcodec.assignment.device.reassignment import resolve_leaves
from qaadcodec.assignment.reassignment import random_rotation
from qaadcodec.config import AssignmentConfig
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.model.torch_decoder import fold_cloud
from qaadcodec.training.device.targets import Targets, clouds_together
from qaadcodec.training.host.resolving import is_due


class DeviceResolving:
    """Re-solves every cloud once in `resolve_every` epochs, as `resolving.Resolving` does, by the same turns.

    Clouds wait until there are enough to fill the device, and at most until their next turn.
    """

    def __init__(
        self,
        network: FoldingNetwork,
        input_cloud: Tensor,
        latents: Tensor,
        targets: Targets,
        config: AssignmentConfig,
        seed: int,
    ) -> None:
        self._network, self._input_cloud, self._latents = network, input_cloud, latents
        self._targets, self._config, self._seed = targets, config, seed
        self._together = min(clouds_together(len(input_cloud)), len(latents))
        self._waiting: dict[int, int] = {}  # epoch of the turn, by cloud

    def shown(self, batch: npt.NDArray[np.int64], epoch: int) -> None:
        """Note the clouds of a step whose turn it is, and re-solve those that wait once they are a group."""
        for cloud in batch.tolist():
            if is_due(cloud, epoch, self._config.resolve_every):
                if cloud in self._waiting:
                    self.flush()
                self._waiting[cloud] = epoch
            if len(self._waiting) == self._together:
                self.flush()

    @torch.no_grad()
    def flush(self) -> None:
        """Re-solve the clouds that wait for it, at their present predictions and under a rotation each."""
        clouds = list(self._waiting)
        draws = [np.random.default_rng([self._seed, 4, cloud, epoch]) for cloud, epoch in self._waiting.items()]
        device = self._latents.device
        rotation = torch.from_numpy(np.stack([random_rotation(rng) for rng in draws])).to(device)  # (G, 3, 3)
        targets = self._targets.clouds(clouds)  # (G, M, 3)
        prediction = fold_cloud(self._network, self._input_cloud, self._latents[clouds])  # (G, M, 3)
        order = resolve_leaves(prediction, targets, self._config.leaf, rotation)  # (G, M)
        self._targets.replace(clouds, rows_of(targets, order))
        self._waiting.clear()
