"""QAAD-Greedy (paper section 3.4, Algorithm 1) of a batch of clouds on a device."""

from __future__ import annotations

from torch import Tensor

from qaadcodec.assignment.device.auction import assign
from qaadcodec.assignment.device.leaves import Leaves
from qaadcodec.assignment.device.subspaces import paired_subspaces


def greedy(prediction: Tensor, target: Tensor, leaf: int) -> Tensor:
    """Bijections A from the rows of the input cloud to the rows of each target cloud.

    Algorithm 1: canonical k-d subspaces of prediction and target, and the auction in each. The auction ends in
    bijections, so there are no duplicates and leftovers to resolve.

    Args:
        prediction: P̂ = MLP(l, Q), (B, M, 3).
        target: P, (B, M, 3).
        leaf: most points in a subspace.

    Returns:
        A, (B, M) int64: row i of Q is assigned to row A[b, i] of cloud b.

    Raises:
        UsageError: the clouds differ in number or size, or leaf is below 1.
    """
    ours, theirs = (Leaves.of(rows, prediction.shape[1]) for rows in paired_subspaces(prediction, target, leaf))
    matches = assign(ours.points(prediction), theirs.points(target), count=ours.count).matches
    return ours.order(matches, theirs)
