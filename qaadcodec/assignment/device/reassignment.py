"""QAAD-Reassignment (paper section 3.4, Algorithm 2) and re-solving of leaves, for batches of clouds on a device.

As in `qaadcodec.assignment.reassignment` targets stand in the row order of the input cloud. `pair_swaps` and
`resolve_leaves` return permutations of target rows, and neither ever raises the summed squared error of the matches
(eq. 15).
"""

from __future__ import annotations

import torch
from torch import Tensor

from qaadcodec.assignment.device.auction import assign
from qaadcodec.assignment.device.certificate import matched_cost
from qaadcodec.assignment.device.leaves import Leaves, rows_of
from qaadcodec.assignment.device.subspaces import subspaces

NEAREST_BYTES = 2**28  # of squared distances held at a time


def pair_swaps(prediction: Tensor, target: Tensor) -> Tensor:
    """Swaps between the sampled points of each cloud, as Algorithm 2 proposes them, made free of conflicts.

    Each row i proposes a swap: it takes the target nearest to its prediction, which row j holds, and gives j its own.
    The proposal stands when the summed squared error after it is not above the one before (L_A <= L_B). Where proposals
    share a row, the one that gains most is taken (the first of equal ones), so no point takes part in two swaps.

    All shapes follow from those of the arguments, and nothing is read back from the device, so a CUDA graph can hold
    the operations. Distances and gains are computed in float64, so that rounding cannot make a gain out of a loss.

    Args:
        prediction: (B, s, 3), the predictions of the sampled rows.
        target: (B, s, 3), their present targets.

    Returns:
        (B, s) int64: the row whose target each row has afterwards. Each permutation is its own inverse.
    """
    prediction, target = prediction.double(), target.double()
    rows = torch.arange(target.shape[1], device=target.device).expand(target.shape[:2])
    count = target.shape[1]
    nearest = nearest_targets(prediction, target)
    # With squared distances the gain L_B - L_A is 2 (p̂_i - p̂_j)·(t_j - t_i).
    gain = 2.0 * ((prediction - rows_of(prediction, nearest)) * (rows_of(target, nearest) - target)).sum(2)
    gain = torch.where((nearest != rows) & (gain >= 0.0), gain, -1.0)
    best = gain.scatter_reduce(1, nearest, gain, "amax")
    leads = (gain >= 0.0) & (gain >= best) & (gain >= best.gather(1, nearest))
    lead = torch.where(leads, rows, count)  # its own row where it leads, else none
    first = lead.scatter_reduce(1, nearest, lead, "amin")
    chosen = leads & (first == rows) & (first.gather(1, nearest) == rows)
    order = torch.where(chosen, nearest, rows)
    # The other half of each swap; rows that are not chosen write to a place after the result.
    beside = torch.cat([order, order[:, :1]], 1).scatter_(1, torch.where(chosen, nearest, count), rows)
    return beside[:, :count]


def nearest_targets(prediction: Tensor, target: Tensor) -> Tensor:
    """The target nearest to every prediction, (B, s) int64, for (B, s, 3) float64 each.

    argmin_j |p̂ - t_j|² = argmin_j |t_j|² - 2 p̂·t_j, with the mean of the targets subtracted from both clouds, so that
    large coordinates do not cancel. Rows are taken in runs, so that at most about NEAREST_BYTES are held: a run has
    NEAREST_BYTES / (8 B s) rows.
    """
    batch, count, _ = target.shape
    middle = target.mean(1, keepdim=True)
    prediction, target = prediction - middle, target - middle
    squares = target.square().sum(2)[:, None]  # (B, 1, s)
    run = max(1, NEAREST_BYTES // (8 * max(batch * count, 1)))
    columns = target.transpose(1, 2)
    runs = [prediction[:, first : first + run] for first in range(0, count, run)]
    return torch.cat([torch.baddbmm(squares, part, columns, alpha=-2.0).argmin(2) for part in runs], 1)


def resolve_leaves(prediction: Tensor, target: Tensor, leaf: int, rotation: Tensor) -> Tensor:
    """An assignment by auction inside every leaf of k-d trees of the rotated predictions.

    The rotation moves the borders of the leaves from one round to the next, so that a point that cannot cross a border
    now can do so later. Where the auction's matches in a leaf are not better than the present ones, in float64, the
    present ones stay. Hence the error cannot rise.

    Args:
        prediction: P̂ for all rows, (B, M, 3) float32.
        target: (B, M, 3) float32, in row order.
        leaf: most points in a leaf.
        rotation: (B, 3, 3), orthogonal.

    Returns:
        (B, M) int64: the row whose target each row has afterwards.
    """
    leaves = Leaves.of(subspaces(prediction @ rotation, leaf), prediction.shape[1])
    p, t = leaves.points(prediction), leaves.points(target)  # (P, n, 3)
    matches = assign(p, t, count=leaves.count).matches
    present = torch.arange(matches.shape[1], device=matches.device).expand_as(matches)
    better = matched_cost(p, t, matches, leaves.valid) < matched_cost(p, t, present, leaves.valid)
    return leaves.order(torch.where(better[:, None], matches, present), leaves)
