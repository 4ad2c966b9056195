"""The matched error of a batch: cloud by cloud on the CPU, by autograd elsewhere."""

from __future__ import annotations

from torch import Tensor

from qaadcodec.model.across import weighed_gap
from qaadcodec.model.cpu_pass import cloud_by_cloud
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork


def matched_error(
    network: FoldingNetwork, q: Tensor, latents: Tensor, targets: Tensor, threads: Threads, across: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Mean over points of |p̂ - p|² (eq. 15 with matches given), in squared normalised units, and the predictions.

    Of targets with normals, what leads off the surface counts more: see `model.across`.

    Args:
        network: on the device of the tensors.
        q: (K, s, 3), the sampled points of the input cloud.
        latents: (B, l).
        targets: (B, K·s, 3), the point that each prediction is matched with; or (B, K·s, 4), with its normal.
        threads: used on the CPU.
        across: how much more.

    Returns:
        The loss, a scalar to call backward on, and P̂, (B, K·s, 3), without gradient.
    """
    if latents.device.type == "cpu":
        return cloud_by_cloud(network, q, latents, targets, threads, across)
    predictions: Tensor = network(q, latents)
    return weighed_gap(predictions, targets, across), predictions.detach()
