"""Balanced k-d subspaces of a batch of clouds, level by level: the partitions of `qaadcodec.assignment.subspaces`.

The number of points in a node depends on M and the leaf alone, so the shape of the tree is known beforehand. Each level
takes one sort of every cloud, by (node, rank along the node's axis).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from qaadcodec.arrays import Longs
from qaadcodec.assignment.subspaces import check_leaf
from qaadcodec.errors import UsageError


def paired_subspaces(a: Tensor, b: Tensor, leaf: int) -> tuple[Tensor, Tensor]:
    """Canonical pairs of subspaces of B pairs of clouds (paper section 3.2, eq. 14: kd(P̂) ∇ kd(P)).

    Both trees of a pair split on the same axis at the same node: the first one of those on which the summed extents
    of the two subsets are widest. A node of n points is cut at floor(n / 2) by rank, ties by point index, and is a
    leaf as soon as it fits, as on the host. All shapes follow from M and leaf, so nothing is read back from the device.

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
    ranks = [ranks_along_axes(cloud) for cloud in clouds] if shape.levels else []
    for level in shape.levels:
        extents = [extents_of_nodes(cloud, order, level) for cloud, order in zip(clouds, orders, strict=True)]
        axis = torch.stack(extents).sum(0).argmax(2)  # (B, nodes); the first of equal ones
        for k, rank in enumerate(ranks):
            along = rank.gather(2, axis.gather(1, nodes[k])[..., None])[..., 0]  # (B, M)
            orders[k] = (nodes[k] * points + along).argsort(1)
            nodes[k] = torch.empty_like(index).scatter_(1, orders[k], level.children.expand(batch, points))
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


def ranks_along_axes(clouds: Tensor) -> Tensor:
    """Rank of every point along every axis, (B, M, 3) int64; of equal coordinates the first by index ranks lower."""
    order = (clouds + 0.0).argsort(dim=1, stable=True)  # + 0.0 makes 0.0 of -0.0, so that they tie in every sort
    places = torch.arange(clouds.shape[1], device=clouds.device)[None, :, None].expand(clouds.shape)
    return torch.empty_like(order).scatter_(1, order, places)


@dataclass(frozen=True, slots=True)
class Level:
    """One cut of all nodes of a tree that are too large.

    Attributes:
        members: positions of the points of each node, (nodes, s) int64; smaller nodes repeat their last one.
        children: the node of each position after the cut, (M,) int64.
    """

    members: Tensor
    children: Tensor


@dataclass(frozen=True, slots=True)
class Tree:
    """The shape of the tree of M points.

    Attributes:
        levels: the cuts, from the root down.
        leaves: positions of the points of each leaf, (L, n) int64; smaller leaves end in -1.
    """

    levels: tuple[Level, ...]
    leaves: Tensor


@lru_cache(maxsize=32)
def tree(points: int, leaf: int, device: torch.device) -> Tree:
    """The shape of the tree of M points, as tensors on the device; kept, since training needs it again and again."""
    bounds = np.array([0, points])
    levels = []
    while (np.diff(bounds) > leaf).any():
        sizes = np.diff(bounds)
        middles = (bounds[:-1] + sizes // 2)[sizes > leaf]
        finer = np.sort(np.concatenate([bounds, middles]))
        members = positions(bounds)
        members = np.where(members < 0, bounds[1:, None] - 1, members)
        children = np.repeat(np.arange(len(finer) - 1), np.diff(finer))
        levels.append(Level(*(torch.from_numpy(table).to(device) for table in (members, children))))
        bounds = finer
    return Tree(tuple(levels), torch.from_numpy(positions(bounds)).to(device))


def positions(bounds: Longs) -> Longs:
    """The positions from bounds[i] up to bounds[i + 1] in row i, (runs, longest); shorter runs end in -1."""
    places = bounds[:-1, None] + np.arange(np.diff(bounds).max())
    return np.where(places < bounds[1:, None], places, -1)
