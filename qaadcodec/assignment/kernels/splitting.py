"""Balanced k-d subspaces of one cloud, or of two clouds split side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from qaadcodec.arrays import Floats, Longs, Mask, Rows
from qaadcodec.assignment.kernels.compiling import compiled


@compiled
def split(a: Floats, b: Floats, paired: bool, leaf: int) -> tuple[Rows, Rows, Longs]:
    """Cut a cloud again and again into halves, until each piece fits a leaf; if `paired`, cut b along with a.

    A node is cut on the axis on which it extends farthest, the first of equal ones; of a pair, on which the sum of both
    extents is largest. The floor(n / 2) lowest of its n points go to the first half, ties as `evenly` takes them. The
    leaves stand in the order of the tree, and the rows of a leaf in ascending order.

    Args:
        a, b: (M, 3), contiguous, of one dtype, without NaN. If not `paired`, b is not looked at.
        leaf: most points in a subspace, at least 1.

    Returns:
        The rows of a and of b leaf by leaf, (M,) each, and the bounds of the leaves in them, (L + 1,).
    """
    n = len(a)
    order_a, order_b = np.arange(n), np.arange(n)
    values, spare = np.empty(n, a.dtype), np.empty(n, np.int64)
    bounds, leaves = np.zeros(n + 2, np.int64), 0  # a cloud without points has one leaf
    starts, stops, depth = np.empty(128, np.int64), np.empty(128, np.int64), 1  # no cloud can be halved 127 times
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
    """How far some rows of a extend along an axis, and if `paired` some rows of b in addition; in the clouds' dtype."""
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
    """Move the `half` lowest rows to the front, ties by `evenly`. Both parts stay in the order that they had.

    Args:
        rows: of the cloud, (n,); reordered.
        values, spare: room for n or more.
    """
    n = len(rows)
    for k in range(n):
        values[k] = cloud[rows[k], axis]
    limit = select(values[:n], half - 1)
    below, tied = 0, 0
    for k in range(n):
        below += cloud[rows[k], axis] < limit
        tied += cloud[rows[k], axis] == limit
    goes = np.ones(tied, np.bool_)
    if half - below < tied:
        at = 0
        for k in range(n):
            if cloud[rows[k], axis] == limit:
                spare[at] = rows[k]
                at += 1
        evenly(cloud, spare[:tied], axis, half - below, goes)
    at, low, high = 0, 0, 0
    for k in range(n):
        row = rows[k]
        value = cloud[row, axis]
        first = value < limit
        if value == limit:
            first = goes[at]
            at += 1
        if first:
            rows[low] = row
            low += 1
        else:
            spare[high] = row
            high += 1
    rows[half:] = spare[:high]


@compiled
def evenly(cloud: Floats, rows: Rows, axis: int, count: int, goes: Mask) -> None:
    """Which of the rows that have one coordinate go to the first half, for which there are too many.

    Ranked by their other two coordinates, in the order x, y, z, the t rows fill a plane line by line; that of rank r
    goes where floor((r + 1) · count / t) > floor(r · count / t). So the plane is halved evenly, not from one side: the
    first half of an unrounded partner has points of all of the plane as well. The order of rows matters only between
    points that coincide.

    Args:
        rows: (t,), ascending, t > count.
        goes: (t,), receives the answers.
    """
    tied = len(rows)
    one, two = (1, 2) if axis == 0 else (0, 3 - axis)
    values = np.empty(tied, cloud.dtype)
    for k in range(tied):
        values[k] = cloud[rows[k], two]
    order = np.argsort(values, kind="mergesort")  # stable
    for k in range(tied):
        values[k] = cloud[rows[order[k]], one]
    order = order[np.argsort(values, kind="mergesort")]
    for rank in range(tied):
        goes[order[rank]] = (rank + 1) * count // tied > rank * count // tied


@compiled
def select(values: Floats, rank: int) -> Any:
    """The value of that rank, counted from zero (Hoare 1961, with the median of three as pivot); reorders `values`."""
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
