"""How much the coarse network stretches a shape from one cloud to another: distances between neighbours should stay.

Nearest points say nothing of where along a limb a row lies: whatever slides along it stays as near. A body, a face and
a skull bend more than they stretch, so of all maps that are as near the one is right that keeps lengths (isometric
embedding: Bronstein et al. 2006; as rigid as possible: Sorkine and Alexa 2007).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

NEIGHBOURS = 4  # rows that each row has an edge to
LEAST = 1e-12  # of a squared length: the root has no slope at zero


def edges(rows: Tensor) -> Tensor:
    """The NEIGHBOURS other rows that are nearest to each of the rows of Q, (R, 3); (R, NEIGHBOURS) int64."""
    few = min(NEIGHBOURS + 1, len(rows))
    return torch.cdist(rows, rows).topk(few, largest=False).indices[:, 1:]


def stretched(predictions: Tensor, own: Sequence[int], edges: Tensor) -> Tensor:
    """How much lengths of edges differ between clouds, a squared distance; its gradient is that of the own clouds.

    With ℓ_ie the length of edge e in cloud i, the mean over own clouds i, other clouds j and edges of (ℓ_ie - ℓ_je)².
    To count an edge that spans a gap, as from a hand to the hip, is wrong; but what takes a leg for the other one tears
    edges as well, and forgiving those that differ much finds fewer legs.

    Args:
        predictions: of the same rows in several clouds, (B, R, 3), B > 1.
        own: the clouds that stretch; the others stand still, so that ranks that each have some add up to the whole.
        edges: (R, k), as `edges` gives them.
    """
    lengths = (predictions[:, edges] - predictions[:, :, None]).square().sum(-1).clamp_min(LEAST).sqrt()  # (B, R, k)
    others = lengths.detach()
    gaps = (lengths[list(own), None] - others).square()  # (own, B, R, k); zero between a cloud and itself
    return gaps.mean((2, 3)).sum(1).mean() / (len(predictions) - 1)
