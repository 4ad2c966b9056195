"""Balanced k-d subspaces of a batch of clouds, level by level: the partitions of `qaadcodec.assignment.subspaces`.

The number of points in a node depends on M and the leaf alone, so the shape of the tree is known beforehand. Each level
takes one sort of every cloud, by (node, rank along the node's axis).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from qaadcodec.assignment.device.halving import OrderAlongAxes, halves
from qaadcodec.assignment.device.tree_shape import Level, tree
from qaadcodec.assignment.subspaces import check_leaf
from qaadcodec.errors import UsageError


def paired_subspaces(a: Tensor, b: Tensor, leaf: int) -> tuple[Tensor, Tensor]:
    """Canonical pairs of subspaces of B pairs of clouds (paper section 3.2, eq. 14: kd(P̂) ∇ kd(P)).

    Both trees of a pair split on the same axis at the same node: the first one of those on which the summed extents
    of the two subsets are widest. A node of n points is cut at floor(n / 2) by rank, ties evenly along the order of
    their other coordinates, and is a leaf as soon as it fits, as on the host. All shapes follow from M and leaf, so
    nothing is read back from the device.

    Args:
        a, b: (B, M, 3) each, any float dtype, finite.
        leaf: most points in a subspace.

    Returns:
        Row indices of the leaves of a and of b, (B, L, n) int64 each. Leaves stand in the order of the tree, and the
        rows of a leaf in ascending order; n is the size of the largest leaf, and smaller ones end in -1. Leaf l of a is
        the partner of leaf l of b.

    Raises:
        UsageError: the clouds differ in number or size, or leaf is below 1.
    """
    if a.shape != b.shape:
        raise UsageError(f"subspaces need clouds of equal size, not {tuple(a.shape)} and {tuple(b.shape)}")
    first, second = split([a, b], leaf)
    return first, second


def subspaces(cloud: Tensor, leaf: int) -> Tensor:
    """Row indices of the subspaces of B clouds, (B, M, 3), each cut by itself: (B, L, n) int64, padded with -1."""
    return split([cloud], leaf)[0]


def split(clouds: Sequence[Tensor], leaf: int) -> list[Tensor]:
    """Cut batches of clouds, (B, M, 3) each, side by side, as `paired_subspaces` describes it for two."""
    check_leaf(leaf)
    batch, points, _ = clouds[0].shape
    device = clouds[0].device
    shape = tree(points, leaf, device)
    index = torch.arange(points, device=device).expand(batch, points)
    orders = [index for _ in clouds]  # rows by position; the rows of a node stand together
    nodes = [torch.zeros_like(index) for _ in clouds]  # the node of each row
    orders_along = [OrderAlongAxes.of(cloud) for cloud in clouds] if shape.levels else []
    for level in shape.levels:
        extents = [extents_of_nodes(cloud, order, level) for cloud, order in zip(clouds, orders, strict=True)]
        axis = torch.stack(extents).sum(0).argmax(2)  # (B, nodes); the first of equal ones
        for k, along in enumerate(orders_along):
            axis_of_row = axis.gather(1, nodes[k])[..., None]  # (B, M, 1)
            rank, place = (table.gather(2, axis_of_row)[..., 0] for table in along)  # (B, M)
            by_rank = (nodes[k] * points + rank).argsort(1)
            orders[k], children = halves(by_rank, place.gather(1, by_rank), level)
            nodes[k] = torch.empty_like(index).scatter_(1, orders[k], children)
    leaves = []
    for node in nodes:
        listed = (node * points + index).argsort(1)[:, shape.leaves.clamp(min=0)]  # (B, L, n)
        leaves.append(torch.where(shape.leaves >= 0, listed, -1))
    return leaves


def extents_of_nodes(clouds: Tensor, orders: Tensor, level: Level) -> Tensor:
    """Extents of every node along the axes, (B, nodes, 3).

    Args:
        clouds: (B, M, 3).
        orders: their rows, node by node, (B, M).
    """
    here = clouds.gather(1, orders[..., None].expand(-1, -1, 3))[:, level.members]  # (B, nodes, s, 3)
    return here.amax(2) - here.amin(2)
