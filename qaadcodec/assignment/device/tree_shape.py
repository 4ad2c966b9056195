"""The shape of a balanced k-d tree, which follows from the number of points and the leaf alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from qaadcodec.arrays import Longs


@dataclass(frozen=True, slots=True)
class Level:
    """One cut of all nodes of a tree that are too large.

    Attributes:
        members: positions of the points of each node, (nodes, s) int64; smaller nodes repeat their last one.
        starts, lasts: the first and last position of the node of each position, (M,) int64.
        halves: how many points of that node go to its first half, all of them where it is not cut, (M,) int64.
        children: the first child of that node, (M,) int64; the second one follows it.
    """

    members: Tensor
    starts: Tensor
    lasts: Tensor
    halves: Tensor
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
        cut = sizes > leaf
        low = np.where(cut, sizes // 2, sizes)
        children = np.cumsum(1 + cut) - (1 + cut)
        members = positions(bounds)
        members = np.where(members < 0, bounds[1:, None] - 1, members)
        of_positions = (np.repeat(each, sizes) for each in (bounds[:-1], bounds[1:] - 1, low, children))
        levels.append(Level(*(torch.from_numpy(table).to(device) for table in (members, *of_positions))))
        bounds = np.sort(np.concatenate([bounds, (bounds[:-1] + low)[cut]]))
    return Tree(tuple(levels), torch.from_numpy(positions(bounds)).to(device))


def positions(bounds: Longs) -> Longs:
    """The positions from bounds[i] up to bounds[i + 1] in row i, (runs, longest); shorter runs end in -1."""
    places = bounds[:-1, None] + np.arange(np.diff(bounds).max())
    return np.where(places < bounds[1:, None], places, -1)
