"""The matched error of a batch: cloud by cloud on the CPU, by autograd elsewhere."""

from __future__ import annotations

import torch
from torch import Tensor

from qaadcodec.model.cpu_pass import cloud_by_cloud
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork


def matched_error(
    network: FoldingNetwork, q: Tensor, latents: Tensor, targets: Tensor, threads: Threads
) -> tuple[Tensor, Tensor]:
    """Mean over points of |p̂ - p|² (eq. 15 with matches given), in squared normalised units, and the predictions.

    Args:
        network: on the device of the tensors.
        q: (K, s, 3), the sampled points of the input cloud.
        latents: (B, l).
        targets: (B, K·s, 3), the point that each prediction is matched with.
        threads: used on the CPU.

    Returns:
        The loss, a scalar to call backward on, and P̂, (B, K·s, 3), without gradient.
    """
    if latents.device.type == "cpu":
        return cloud_by_cloud(network, q, latents, targets, threads)
    predictions: Tensor = network(q, latents)
    return torch.square(predictions - targets).sum(-1).mean(), predictions.detach()
