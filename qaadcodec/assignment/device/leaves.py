"""The leaves of many clouds as problems of one batch, and matches inside the leaves as bijections of the clouds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Leaves:
    """The L leaves of each of B clouds of M points, as P = B·L problems of up to n points.

    Attributes:
        cloud_points: M.
        rows: the row of the cloud at each place of its leaves, (B, L·n) int64; 0 at places without a row.
        valid: the places that hold a row, (P, n) bool; the first ones of each leaf.
        count: how many these are, (P,) int64.
    """

    cloud_points: int
    rows: Tensor
    valid: Tensor
    count: Tensor

    @classmethod
    def of(cls, padded: Tensor, cloud_points: int) -> Self:
        """From row indices as `subspaces` returns them, (B, L, n), padded with -1."""
        valid = (padded >= 0).flatten(0, 1)
        return cls(cloud_points, padded.clamp(min=0).flatten(1), valid, valid.sum(1))

    def points(self, clouds: Tensor) -> Tensor:
        """The points of every leaf, (P, n, 3), of clouds (B, M, 3)."""
        return rows_of(clouds, self.rows).view(*self.valid.shape, 3)

    def order(self, matches: Tensor, partners: Leaves) -> Tensor:
        """The union of bijections between leaves and their partners: again a bijection, for each cloud.

        Args:
            matches: the place in the partner leaf that each place is matched with, (P, n) int64; padding is matched
                with padding.
            partners: the leaves of the other clouds.

        Returns:
            (B, M) int64: the row of the other cloud that each row is matched with.
        """
        batch, places = self.rows.shape
        partner = partners.rows.view_as(matches).gather(1, matches).view(batch, places)
        target = torch.where(self.valid.view(batch, places), self.rows, self.cloud_points)  # padding: after the result
        return partner.new_empty(batch, self.cloud_points + 1).scatter_(1, target, partner)[:, : self.cloud_points]


def rows_of(points: Tensor, rows: Tensor) -> Tensor:
    """Some rows of each cloud: from (B, M, C) and row numbers (B, s) to (B, s, C)."""
    return points.gather(1, rows[..., None].expand(-1, -1, points.shape[2]))
