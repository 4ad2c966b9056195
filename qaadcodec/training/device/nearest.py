"""Nearest neighbours between clouds from all their distances."""

from __future__ import annotations

import torch
from torch import Tensor

TABLE = 1 << 26  # most distances that are held at a time


def nearest_both_ways(a: Tensor, b: Tensor, table: int = TABLE) -> tuple[Tensor, Tensor]:
    """Row of b nearest to each row of a, (B, s) int64, and row of a nearest to each row of b, (B, t) int64.

    Args:
        a, b: (B, s, 3) and (B, t, 3), on one device.
        table: most distances computed together; some rows of a are taken at a time.
    """
    batch, t = b.shape[:2]
    there: list[Tensor] = []
    least = torch.full((batch, t), torch.inf, device=b.device)
    back = torch.zeros((batch, t), dtype=torch.int64, device=b.device)
    run = max(1, table // (batch * t))
    for first in range(0, a.shape[1], run):
        # The way by a matrix product cancels where points are close.
        distances = torch.cdist(a[:, first : first + run], b, compute_mode="donot_use_mm_for_euclid_dist")
        there.append(distances.argmin(2))
        smallest, row = distances.min(1)
        nearer = smallest < least
        least, back = torch.where(nearer, smallest, least), torch.where(nearer, row + first, back)
    return torch.cat(there, dim=1), back
