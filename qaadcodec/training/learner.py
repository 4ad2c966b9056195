"""What a training changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from qaadcodec.archive.coding.grids import Grids
from qaadcodec.arrays import Singles
from qaadcodec.config import Plan
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.ranks.ranks import Ranks

if TYPE_CHECKING:
    from qaadcodec.training.backend import Backend


@dataclass(slots=True)
class Learner:
    """What is learnt: the network, the input cloud Q (M, 3) and the latent table L (N, l); all on one device.

    Where several ranks share the set, network and Q are replicated, and each has the rows of L of its own clouds.
    """

    network: FoldingNetwork
    input_cloud: Tensor
    latents: Tensor
    epochs: int = 0
    """passes over the set that were finished"""
    grids: Grids | None = None
    """what it was learnt to be rounded to; None as long as it was not"""


def of_all(learner: Learner, ranks: Ranks) -> Learner:
    """The same with the latents of all clouds, for whoever looks at the whole set; on all ranks."""
    if ranks.size == 1:
        return learner
    own = learner.latents
    latents = np.concatenate(ranks.gathered(own.detach().cpu().numpy()))
    return replace(learner, latents=torch.from_numpy(latents).to(own.device))


def new_learner(plan: Plan, input_cloud: Singles, latents: Tensor, seed: int, backend: Backend) -> Learner:
    """An untrained network with this input cloud and these latents."""
    generator = torch.Generator().manual_seed(seed)
    return Learner(
        FoldingNetwork(plan.network, generator).to(backend.device),
        torch.from_numpy(input_cloud).to(backend.device),
        latents.to(backend.device),
    )
