"""The matched error, with the part of a gap that leads off the surface counted more than the part along it.

A target is one of the points that were sampled. Along the surface, where it lies is the chance of the sampling, which
no network of few numbers can hold. Across it, its place is the shape. So a target may come with the normal of the
surface there, packed in one further channel that travels with it through every reassignment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.arrays import Floats, Singles

if TYPE_CHECKING:
    from torch import Tensor

LEVELS = 255  # of each coordinate of a normal, the middle one for zero: three of them fit the 24 bits of a float32
HALF = LEVELS // 2


def packed(normals: Floats) -> Singles:
    """Each normal in one number, (n,) float32: a whole number below 2^24. Zeros, where there is no normal, stay zeros.

    Args:
        normals: unit vectors, (n, 3). Rounding turns them by at most 0.4 degrees.
    """
    x, y, z = (np.rint(np.asarray(normals, np.float64) * HALF) + HALF).T
    codes: Singles = ((x * LEVELS + y) * LEVELS + z).astype(np.float32)
    return codes


def unpacked(codes: Tensor) -> Tensor:
    """The normals of numbers (…), (…, 3) float32."""
    import torch

    rest, z = codes // LEVELS, codes % LEVELS
    return (torch.stack((rest // LEVELS, rest % LEVELS, z), -1) - HALF) / HALF


def pull(gaps: Tensor, targets: Tensor, across: float) -> Tensor:
    """W g for every gap g = p̂ - p, (…, C): half of the gradient of gᵀ W g.

    W = I + (across - 1) n nᵀ with n the normal at p: what leads off the surface counts `across` times as much.

    Args:
        gaps: (…, C).
        targets: (…, C), for W = I; or (…, C + 1), the last channel being the normals, `packed`.
        across: 1 or more.
    """
    channels = gaps.shape[-1]
    if targets.shape[-1] == channels:
        return gaps
    normals = unpacked(targets[..., -1])
    places = gaps[..., : normals.shape[-1]]  # the coordinates come first
    off = (places * normals).sum(-1, keepdim=True) * normals
    weighed: Tensor = gaps.clone()
    weighed[..., : normals.shape[-1]] += (across - 1.0) * off
    return weighed


def mean_weight(across: float) -> float:
    """A third of the trace of W: how much more a gap counts whose direction is any, such as that of rounding."""
    return (2.0 + across) / 3.0


def squared_gap(predictions: Tensor, targets: Tensor) -> Tensor:
    """Mean of |p̂ - p|² over all points, W being I, whether or not the targets have normals; a scalar."""
    return (predictions - targets[..., : predictions.shape[-1]]).square().sum(-1).mean()


def weighed_gap(predictions: Tensor, targets: Tensor, across: float) -> Tensor:
    """Mean of gᵀ W g over all points, for autograd; a scalar. See `pull`."""
    gaps = predictions - targets[..., : predictions.shape[-1]]
    return (gaps * pull(gaps, targets, across)).sum(-1).mean()
