"""One cut of all nodes of a k-d tree: how points are ordered along the axes, and which half of its node each joins."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from qaadcodec.assignment.device.tree_shape import Level

FIRST, LAST = [1, 0, 0], [2, 2, 1]  # the other two axes of each axis


class OrderAlongAxes(NamedTuple):
    """How the points of B clouds are ordered along every axis, (B, M, 3) int64 each."""

    rank: Tensor
    """by the coordinate, then by the other two in the order x, y, z, then by row"""
    place: Tensor
    """by the coordinate alone: equal ones have equal places"""

    @classmethod
    def of(cls, clouds: Tensor) -> OrderAlongAxes:
        """Two sorts of each axis: by its coordinate, then by place along it and along the first other one."""
        batch, points, _ = clouds.shape
        clouds = clouds + 0.0  # makes 0.0 of -0.0, so that they tie in every sort
        values, order = clouds.sort(dim=1, stable=True)
        steps = torch.zeros_like(order)
        steps[:, 1:] = values[:, 1:] != values[:, :-1]
        place = torch.empty_like(order).scatter_(1, order, steps.cumsum(1))
        by_last = order[:, :, LAST]  # rows by the last of the other two coordinates
        keys = place * points + place[:, :, FIRST]
        order = by_last.gather(1, keys.gather(1, by_last).argsort(dim=1, stable=True))
        along = torch.arange(points, device=clouds.device)[None, :, None].expand(batch, points, 3)
        return cls(torch.empty_like(order).scatter_(1, order, along), place)


def halves(by_rank: Tensor, place: Tensor, level: Level) -> tuple[Tensor, Tensor]:
    """Cut every node in two, ties as `kernels.splitting.evenly` takes them.

    Args:
        by_rank: rows, node by node and by rank along the node's axis, (B, M).
        place: where their coordinates along that axis stand among the different ones, (B, M).

    Returns:
        The rows, child by child, and the child at each position, (B, M) each.
    """
    batch, points = by_rank.shape
    starts, halfway = level.starts, level.starts + level.halves
    limit = place[:, halfway - 1]
    below, tied = (counted(mask, level) for mask in (place < limit, place == limit))
    wanted = level.halves - below.total
    at_limit = (tied.before + 1) * wanted // tied.total > tied.before * wanted // tied.total
    low = (place < limit) | ((place == limit) & at_limit)
    before = counted(low, level).before
    position = torch.arange(points, device=place.device)
    to = torch.where(low, starts + before, halfway + (position - starts) - before)
    rows = torch.empty_like(by_rank).scatter_(1, to, by_rank)
    children = level.children + (position >= halfway)
    return rows, children.expand(batch, points)


class Counted(NamedTuple):
    """How many of a node's positions are marked, (B, M) each: of those before each position, and of all."""

    before: Tensor
    total: Tensor


def counted(mask: Tensor, level: Level) -> Counted:
    """Count the marked positions, (B, M) bool, in every node."""
    until = mask.long().cumsum(1)
    before = until - mask.long()
    start = before[:, level.starts]
    return Counted(before - start, until[:, level.lasts] - start)
