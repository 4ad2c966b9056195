"""P̂ for whole clouds during training, without gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from qaadcodec.arrays import Singles
from qaadcodec.config import NetworkConfig
from qaadcodec.model.network import FoldingNetwork, Layers
from qaadcodec.model.torch_decoder import fold_cloud, fold_pieces

Prediction = Callable[[int], Singles]
"""P̂ of a cloud by its index, (M, 3), in the row order of Q; may be called from several threads"""


@torch.no_grad()
def predict(network: FoldingNetwork, input_cloud: Tensor, latent: Tensor) -> Singles:
    """The network's present image of the whole input cloud for one latent.

    Args:
        input_cloud: Q, (M, 3).
        latent: (l,), on the same device.

    Returns:
        P̂, (M, C) float32, in row order.
    """
    return fold_cloud(network, input_cloud, latent[None])[0].cpu().numpy()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Copies of all that one prediction needs, so that it can be made while the training goes on."""

    config: NetworkConfig
    shared: Layers
    heads: Layers
    input_cloud: Tensor

    @classmethod
    @torch.no_grad()
    def of(cls, network: FoldingNetwork, input_cloud: Tensor, latent: Tensor) -> Self:
        """The network as it is now, with the latent folded in."""

        def copied(layers: Layers) -> Layers:
            return [(weight.clone(), bias.clone()) for weight, bias in layers]

        shared, heads = copied(network.modulated(latent[None])), copied(network.heads())
        return cls(network.config, shared, heads, input_cloud.detach().clone())

    @torch.no_grad()
    def predict(self) -> Singles:
        """P̂, (M, C) float32, in row order."""
        return fold_pieces(self.config, self.shared, self.heads, self.input_cloud)[0].cpu().numpy()
