"""The splits of `subspaces`, compiled: the same leaves in the same order, without the GIL."""

from __future__ import annotations

from typing import Any

import numpy as np

from qaadcodec.arrays import Floats, Rows
from qaadcodec.assignment.kernels.compiling import compiled


@compiled
def split(a: Floats, b: Floats, paired: bool, leaf: int) -> tuple[Rows, Rows, Rows]:
    """Balanced k-d subspaces of a, and of b beside it if `paired`.

    Args:
        a, b: (M, 3), contiguous.
        paired: cut b along with a; else b is not looked at.
        leaf: most points in a subspace.

    Returns:
        The rows of a and of b leaf by leaf, (M,) each, and the bounds of the leaves in them, (L + 1,).
    """
    n = len(a)
    order_a, order_b = np.arange(n), np.arange(n)
    values, spare = np.empty(n, a.dtype), np.empty(n, np.int64)
    bounds, leaves = np.zeros(n + 1, np.int64), 0
    starts, stops, depth = np.empty(128, np.int64), np.empty(128, np.int64), 1  # halves of halves: never that deep
    starts[0], stops[0] = 0, n
    while depth > 0:
        depth -= 1
        first, last = starts[depth], stops[depth]
        if last - first <= leaf:
            leaves += 1
            bounds[leaves] = last
            continue
        axis = 0
        widest = extent_of(a, b, order_a[first:last], order_b[first:last], paired, 0)
        for candidate in (1, 2):
            extent = extent_of(a, b, order_a[first:last], order_b[first:last], paired, candidate)
            if extent > widest:
                axis, widest = candidate, extent
        half = (last - first) // 2
        lowest_first(a, order_a[first:last], axis, half, values, spare)
        if paired:
            lowest_first(b, order_b[first:last], axis, half, values, spare)
        starts[depth], stops[depth] = first + half, last
        starts[depth + 1], stops[depth + 1] = first, first + half
        depth += 2
    return order_a, order_b, bounds[: leaves + 1]


@compiled
def extent_of(a: Floats, b: Floats, rows_a: Rows, rows_b: Rows, paired: bool, axis: int) -> Any:
    """Greatest less least coordinate of some rows of a, plus those of b if `paired`, in the dtype of the clouds."""
    low = high = a[rows_a[0], axis]
    for row in rows_a:
        low, high = min(low, a[row, axis]), max(high, a[row, axis])
    extent = high - low
    if paired:
        low = high = b[rows_b[0], axis]
        for row in rows_b:
            low, high = min(low, b[row, axis]), max(high, b[row, axis])
        extent += high - low
    return extent


@compiled
def lowest_first(cloud: Floats, rows: Rows, axis: int, half: int, values: Floats, spare: Rows) -> None:
    """Put the `half` lowest rows first, in place; ties by position, and both parts in the order that they had."""
    n = len(rows)
    for k in range(n):
        values[k] = cloud[rows[k], axis]
    limit = select(values[:n], half - 1)
    below = 0
    for k in range(n):
        below += cloud[rows[k], axis] < limit
    tied, low, high = half - below, 0, 0
    for k in range(n):
        row = rows[k]
        value = cloud[row, axis]
        at_limit = value == limit and tied > 0
        if value < limit or at_limit:
            tied -= at_limit
            rows[low] = row
            low += 1
        else:
            spare[high] = row
            high += 1
    rows[half:] = spare[:high]


@compiled
def select(values: Floats, rank: int) -> Any:
    """The value of that rank (Hoare 1961), with the median of three as pivot; reorders `values`."""
    low, high = 0, len(values) - 1
    while low < high:
        one, two, three = values[low], values[(low + high) // 2], values[high]
        pivot = max(min(one, two), min(max(one, two), three))
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            high = j
        elif rank >= i:
            low = i
        else:
            break
    return values[rank]
