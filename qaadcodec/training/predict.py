"""P̂ for whole clouds during training, without gradients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from qaadcodec.model.module import fold_cloud
from qaadcodec.model.network import FoldingNetwork


@torch.no_grad()
def predict(network: FoldingNetwork, input_cloud: Tensor, latent: Tensor) -> npt.NDArray[np.float32]:
    """The network's present image of the whole input cloud for one latent.

    Args:
        input_cloud: Q, (M, 3).
        latent: (l,), on the same device.

    Returns:
        P̂, (M, 3) float32, in row order.
    """
    return fold_cloud(network, input_cloud, latent[None])[0].cpu().numpy()
