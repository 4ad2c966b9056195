"""What a training changes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from qaadcodec.archive.coding.grids import Grids
from qaadcodec.model.network import FoldingNetwork


@dataclass(slots=True)
class Learner:
    """What is learnt: the network, the input cloud Q (M, 3) and the latent table L (N, l); all on one device."""

    network: FoldingNetwork
    input_cloud: Tensor
    latents: Tensor
    epochs: int = 0
    """passes over the set that were finished"""
    grids: Grids | None = None
    """what it was learnt to be rounded to; None as long as it was not"""
