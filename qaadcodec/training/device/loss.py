"""The matched error of a batch on the device, with its products in bfloat16 where the device has them."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor

from qaadcodec.model.across import weighed_gap
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork, fold


def matched_error(
    network: FoldingNetwork, q: Tensor, latents: Tensor, targets: Tensor, threads: Threads, across: float = 1.0
) -> tuple[Tensor, Tensor]:
    """`host.loss.matched_error`, with the products over points in bfloat16 where the device multiplies that.

    Modulated weights, encoded points, what is added to q and the loss are float32; only the operands and results of
    the products inside are rounded, and sums in them are float32.
    """
    shared, heads = network.modulated(latents), network.heads()
    device = latents.device
    bfloat16 = multiplies_bfloat16(device, threads)
    with torch.autocast(device.type, torch.bfloat16, cache_enabled=False) if bfloat16 else nullcontext():
        predictions = fold(network.config, shared, heads, q).float()
    return weighed_gap(predictions, targets, across), predictions.detach()


def multiplies_bfloat16(device: torch.device, threads: Threads) -> bool:
    """Whether a device has bfloat16 products of its own: CUDA from capability 8 on; the CPU as `threads` says."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return threads.dtype == torch.bfloat16
