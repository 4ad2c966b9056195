"""EM-kD of batches of clouds on a device, by the auction: two bounds between which the exact one lies."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from qaadcodec.arrays import Floats
from qaadcodec.assignment.device.auction import auction
from qaadcodec.assignment.device.leaves import Leaves
from qaadcodec.assignment.device.subspaces import paired_subspaces
from qaadcodec.metrics.em_kd import SUBSPACE


class EmKdBounds(NamedTuple):
    """Bounds of EM-kD per cloud, (B,) float64 each; mean squared distances, in squared units of the input."""

    upper: Tensor
    """the EM-kD of the bijection that the auction found"""
    lower: Tensor
    """the dual bound of its prices: no bijection between the subspaces has less"""


def em_kd_bounds(a: Tensor, b: Tensor, leaf: int = SUBSPACE) -> EmKdBounds:
    """Bounds of d_EM-kD(P̂, P) (paper section 3.2, eq. 14), as `em_kd` defines it, divided by M.

    Subspaces, costs and bounds are computed in float64, so that the exact EM-kD of the same clouds lies between them
    up to rounding. The auction makes their gap less than a thousandth of the upper one in each subspace, wherever
    rounding lets it.

    Args:
        a, b: (B, M, 3) each, any float dtype, on a device that has float64.
        leaf: most points in a subspace.

    Raises:
        UsageError: the clouds differ in number or size, or leaf is below 1.
    """
    x, y = a.double(), b.double()
    batch, points, _ = x.shape
    ours, theirs = (Leaves.of(rows, points) for rows in paired_subspaces(x, y, leaf))
    found = auction(ours.points(x), theirs.points(y), count=ours.count)
    upper = found.cost.view(batch, -1).sum(1) / points
    return EmKdBounds(upper, upper - found.gap.view(batch, -1).sum(1) / points)


def em_kd_within(a: Floats, b: Floats, device: torch.device) -> tuple[float, float]:
    """EM-kD of two clouds on a device, and by how much the exact one may be lower.

    Args:
        a, b: (M, 3) each, any float dtype.
        device: one that has float64.

    Returns:
        The upper bound, and its distance from the lower one, both in squared units of the input.
    """
    x, y = (torch.from_numpy(cloud.astype("float64"))[None].to(device) for cloud in (a, b))
    bounds = em_kd_bounds(x, y)
    return float(bounds.upper[0]), float(bounds.upper[0] - bounds.lower[0])
