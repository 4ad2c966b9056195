"""Nearest neighbours between clouds by k-d trees, a thread for each cloud."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from qaadcodec.arrays import Singles
from qaadcodec.parallel import workers


def nearest_both_ways(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Row of b nearest to each row of a, (B, s) int64, and row of a nearest to each row of b, (B, t) int64.

    Args:
        a, b: (B, s, 3) and (B, t, 3), on one device.
    """
    from scipy.spatial import cKDTree

    def one(pair: tuple[Singles, Singles]) -> tuple[Tensor, Tensor]:
        x, y = pair
        there, back = cKDTree(y).query(x)[1], cKDTree(x).query(y)[1]
        return torch.from_numpy(there.astype(np.int64)), torch.from_numpy(back.astype(np.int64))

    found = list(workers().map(one, zip(a.cpu().numpy(), b.cpu().numpy(), strict=True)))
    there, back = (torch.stack(side).to(a.device) for side in zip(*found, strict=True))
    return there, back
