"""The augmented Chamfer distance as a loss (paper section 3.1, eq. 11)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from qaadcodec.assignment.device.leaves import rows_of
from qaadcodec.parallel import workers

TABLE = 1 << 26  # most distances that are held at a time on a device


def augmented_chamfer(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean over clouds of max(mean_p̂ min_p |p̂ - p|², mean_p min_p̂ |p̂ - p|²) (eq. 11, per point and squared).

    Differentiable; which point is nearest to which counts as given.

    Args:
        prediction: P̂, (B, s, 3).
        target: P, (B, t, 3), on the same device.

    Returns:
        A scalar, in squared units of the clouds.
    """
    there, back = nearest_both_ways(prediction.detach(), target.detach())
    forward = squared_gap(prediction, rows_of(target, there))
    backward = squared_gap(rows_of(prediction, back), target)
    return torch.maximum(forward, backward).mean()


def nearest_both_ways(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Row of b nearest to each row of a, (B, s) int64, and row of a nearest to each row of b, (B, t) int64."""
    return nearest_by_table(a, b) if a.device.type == "cuda" else nearest_by_trees(a, b)


def nearest_by_trees(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """`nearest_both_ways` by k-d trees on the host, a thread for each cloud."""
    from scipy.spatial import cKDTree

    def one(pair: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]) -> tuple[Tensor, Tensor]:
        x, y = pair
        there, back = cKDTree(y).query(x)[1], cKDTree(x).query(y)[1]
        return torch.from_numpy(there.astype(np.int64)), torch.from_numpy(back.astype(np.int64))

    found = list(workers().map(one, zip(a.cpu().numpy(), b.cpu().numpy(), strict=True)))
    there, back = (torch.stack(side).to(a.device) for side in zip(*found, strict=True))
    return there, back


def nearest_by_table(a: Tensor, b: Tensor, table: int = TABLE) -> tuple[Tensor, Tensor]:
    """`nearest_both_ways` from all distances, some rows of a at a time.

    Args:
        table: most distances computed together.
    """
    batch, t = b.shape[:2]
    there: list[Tensor] = []
    least = torch.full((batch, t), torch.inf, device=b.device)
    back = torch.zeros((batch, t), dtype=torch.int64, device=b.device)
    step = max(1, table // (batch * t))
    for first in range(0, a.shape[1], step):
        # The way by a matrix product cancels where points are close.
        distances = torch.cdist(a[:, first : first + step], b, compute_mode="donot_use_mm_for_euclid_dist")
        there.append(distances.argmin(2))
        smallest, row = distances.min(1)
        nearer = smallest < least
        least, back = torch.where(nearer, smallest, least), torch.where(nearer, row + first, back)
    return torch.cat(there, dim=1), back


def squared_gap(a: Tensor, b: Tensor) -> Tensor:
    """Mean squared distance row by row, (B,)."""
    return torch.square(a - b).sum(2).mean(1)
