"""Balanced k-d subspaces: of one cloud, and of two clouds split side by side (the paper's diagonal product)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Floats, Rows
from qaadcodec.assignment.kernels.compiling import machine_code
from qaadcodec.errors import UsageError


def lowest_by_rank(values: Floats, count: int) -> npt.NDArray[np.bool_]:
    """Mask of the `count` smallest values; among equal values the first ones by position, so that it is unique."""
    if count <= 0:
        return np.zeros(len(values), np.bool_)
    if count >= len(values):
        return np.ones(len(values), np.bool_)
    limit = np.partition(values, count - 1)[count - 1]
    mask: npt.NDArray[np.bool_] = values < limit
    tied = np.flatnonzero(values == limit)
    mask[tied[: count - int(mask.sum())]] = True
    return mask


def paired_subspaces(a: Floats, b: Floats, leaf: int) -> list[tuple[Rows, Rows]]:
    """Canonical pairs of subspaces of two clouds of equal size (paper section 3.2, eq. 14: kd(P̂) ∇ kd(P)).

    Both trees split on the same axis at the same node: the one on which the summed extents of the two subsets are
    widest. A node of n points is cut at floor(n / 2) by rank, ties by point index.

    Args:
        a, b: (M, 3) each, any float dtype.
        leaf: most points in a subspace.

    Returns:
        Pairs of row indices of equal lengths; each side is a partition of the M rows.

    Raises:
        UsageError: the clouds differ in size, or leaf is below 1.
    """
    check_leaf(leaf)
    if len(a) != len(b):
        raise UsageError(f"subspaces need clouds of equal size, not {len(a)} and {len(b)} points")
    if (leaves := compiled_leaves(a, b, leaf)) is not None:
        return leaves
    done: list[tuple[Rows, Rows]] = []
    stack = [(np.arange(len(a)), np.arange(len(b)))]
    while stack:
        rows_a, rows_b = stack.pop()
        if len(rows_a) <= leaf:
            done.append((rows_a, rows_b))
            continue
        at_a, at_b = a[rows_a], b[rows_b]
        axis = int((np.ptp(at_a, axis=0) + np.ptp(at_b, axis=0)).argmax())
        half = len(rows_a) // 2
        low_a, low_b = lowest_by_rank(at_a[:, axis], half), lowest_by_rank(at_b[:, axis], half)
        stack += [(rows_a[~low_a], rows_b[~low_b]), (rows_a[low_a], rows_b[low_b])]
    return done


def subspaces(cloud: Floats, leaf: int) -> list[Rows]:
    """Row indices of the balanced k-d subspaces of one cloud, (M, 3), cut as `paired_subspaces` cuts two equal ones."""
    check_leaf(leaf)
    if (leaves := compiled_leaves(cloud, None, leaf)) is not None:
        return [rows for rows, _ in leaves]
    done: list[Rows] = []
    stack = [np.arange(len(cloud))]
    while stack:
        rows = stack.pop()
        if len(rows) <= leaf:
            done.append(rows)
            continue
        here = cloud[rows]
        low = lowest_by_rank(here[:, int(np.ptp(here, axis=0).argmax())], len(rows) // 2)
        stack += [rows[~low], rows[low]]
    return done


def compiled_leaves(a: Floats, b: Floats | None, leaf: int) -> list[tuple[Rows, Rows]] | None:
    """The pairs of subspaces by machine code; None where there is none for these dtypes, or a coordinate is NaN."""
    quick, other = machine_code(), a if b is None else b
    if quick is None or a.dtype != other.dtype or a.dtype not in (np.float32, np.float64):
        return None
    if np.isnan(a).any() or np.isnan(other).any():
        return None
    x = np.array(a, order="C")  # copies, so that it is compiled for one kind of array
    y = x if b is None else np.array(other, order="C")
    rows_a, rows_b, bounds = quick.split(x, y, b is not None, leaf)
    cuts = bounds.tolist()
    return [(rows_a[i:j], rows_b[i:j]) for i, j in pairwise(cuts)]


def check_leaf(leaf: int) -> None:
    """Raise UsageError for a leaf that can hold no point."""
    if leaf < 1:
        raise UsageError(f"leaf is {leaf}, and must be at least 1 point")
