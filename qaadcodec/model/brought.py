"""Tensors of the host on their way to a device."""

from __future__ import annotations

import torch
from torch import Tensor


def brought(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor of the host on a device; the host does not wait until it is there."""
    return staged(tensor, device).to(device, non_blocking=True)


def staged(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor of the host, in page-locked memory if it goes to a CUDA device: then nothing waits for the copy."""
    return tensor.pin_memory() if device.type == "cuda" else tensor
