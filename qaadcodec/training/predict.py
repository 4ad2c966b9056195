"""P̂ for whole clouds during training: in pieces that fit the cache, without gradients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.model.decoder import chunks
from qaadcodec.model.network import FoldingNetwork, fold


@torch.no_grad()
def predict(network: FoldingNetwork, input_cloud: Tensor, latent: Tensor) -> npt.NDArray[np.float32]:
    """The network's present image of the whole input cloud for one latent.

    Args:
        input_cloud: Q, (M, 3).
        latent: (l,), on the same device.

    Returns:
        P̂, (M, 3) float32, in row order.
    """
    shared = network.modulated(latent[None])
    heads = network.heads()
    out = torch.empty(input_cloud.shape, dtype=torch.float32, device=input_cloud.device)
    for patches, positions in chunks(patch_offsets(len(input_cloud), network.config.patches)):
        at = torch.from_numpy(positions).to(input_cloud.device)
        few = torch.from_numpy(patches).to(input_cloud.device)
        pieces = [(weight[few], bias[few]) for weight, bias in heads]
        out[at.reshape(-1)] = fold(network.config, shared, pieces, input_cloud[at])[0]
    return out.cpu().numpy()
