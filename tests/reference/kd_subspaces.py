"""Balanced k-d subspaces in a few lines of numpy, against which the compiled code and the torch code are held."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qaadcodec.arrays import Floats, Mask, Rows


def paired_subspaces(a: Floats, b: Floats, leaf: int) -> list[tuple[Rows, Rows]]:
    """Pairs of row numbers, (n,) int64 each, as `qaadcodec.assignment.subspaces.paired_subspaces` returns them."""
    return [(rows_a, rows_b) for rows_a, rows_b in split((a, b), leaf)]


def subspaces(cloud: Floats, leaf: int) -> list[Rows]:
    """Row numbers, (n,) int64, as `qaadcodec.assignment.subspaces.subspaces` returns them."""
    return [rows for (rows,) in split((cloud,), leaf)]


def split(clouds: Sequence[Floats], leaf: int) -> list[tuple[Rows, ...]]:
    """The leaves of clouds that are cut side by side, in the order of the tree."""
    done: list[tuple[Rows, ...]] = []
    stack = [tuple(np.arange(len(cloud)) for cloud in clouds)]
    while stack:
        node = stack.pop()
        if len(node[0]) <= leaf:
            done.append(node)
            continue
        here = [cloud[rows] for cloud, rows in zip(clouds, node, strict=True)]
        axis = int(sum(np.ptp(points, axis=0) for points in here).argmax())
        low = [lowest(points, axis, len(points) // 2) for points in here]
        stack.append(tuple(rows[~mask] for rows, mask in zip(node, low, strict=True)))
        stack.append(tuple(rows[mask] for rows, mask in zip(node, low, strict=True)))
    return done


def lowest(points: Floats, axis: int, count: int) -> Mask:
    """Mask of the `count` lowest points; those tied at the limit are taken evenly along the order of the other axes."""
    mask = np.zeros(len(points), np.bool_)
    one, two = (other for other in range(3) if other != axis)
    order = np.lexsort((points[:, two], points[:, one], points[:, axis]))
    sorted_values = points[order, axis]
    first, last = (int(np.searchsorted(sorted_values, sorted_values[count - 1], side)) for side in ("left", "right"))
    tied, wanted = last - first, count - first
    rank = np.arange(tied)
    mask[order[:first]] = True
    mask[order[first:last]] = (rank + 1) * wanted // tied > rank * wanted // tied
    return mask
