"""The augmented Chamfer distance as a loss (paper section 3.1, eq. 11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from qaadcodec.assignment.device.leaves import rows_of

NearestBothWays: TypeAlias = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def augmented_chamfer(prediction: Tensor, target: Tensor, nearest_both_ways: NearestBothWays) -> Tensor:
    """Mean over clouds of max(mean_p̂ min_p |p̂ - p|², mean_p min_p̂ |p̂ - p|²) (eq. 11, per point and squared).

    Differentiable; which point is nearest to which counts as given.

    Args:
        prediction: P̂, (B, s, 3).
        target: P, (B, t, 3), on the same device.
        nearest_both_ways: the backend's search for neighbours.

    Returns:
        A scalar, in squared units of the clouds.
    """
    there, back = nearest_both_ways(prediction.detach(), target.detach())
    forward = squared_gap(prediction, rows_of(target, there))
    backward = squared_gap(rows_of(prediction, back), target)
    return torch.maximum(forward, backward).mean()


def squared_gap(a: Tensor, b: Tensor) -> Tensor:
    """Mean squared distance row by row, (B,)."""
    return torch.square(a - b).sum(2).mean(1)
