"""Balanced k-d subspaces: of one cloud, and of two clouds split side by side (the paper's diagonal product)."""

from __future__ import annotations

from itertools import pairwise

from qaadcodec.arrays import Floats, Rows
from qaadcodec.assignment.coordinates import coordinates
from qaadcodec.assignment.kernels.ready import kernels
from qaadcodec.errors import UsageError


def paired_subspaces(a: Floats, b: Floats, leaf: int) -> list[tuple[Rows, Rows]]:
    """Canonical pairs of subspaces of two clouds of equal size (paper section 3.2, eq. 14: kd(P̂) ∇ kd(P)).

    Both trees split on the same axis at the same node: the one on which the summed extents of the two subsets are
    widest. A node of n points is cut at floor(n / 2) by rank. Points that are tied at the cut are ranked by their other
    two coordinates, then by row, and taken evenly along this order (`kernels.splitting.evenly`), so that the order of
    rows matters only between points that coincide.

    Args:
        a, b: (M, 3) each, finite. Extents are computed in float32 if both clouds are float32, else in float64.
        leaf: most points in a subspace.

    Returns:
        Pairs of row indices of equal lengths; each side is a partition of the M rows.

    Raises:
        UsageError: the clouds differ in size, a coordinate is not finite, or leaf is below 1.
    """
    check_leaf(leaf)
    if len(a) != len(b):
        raise UsageError(f"subspaces need clouds of equal size, not {len(a)} and {len(b)} points")
    rows_a, rows_b, bounds = kernels().split(*coordinates(a, b), True, leaf)
    return [(rows_a[first:last], rows_b[first:last]) for first, last in pairwise(bounds.tolist())]


def subspaces(cloud: Floats, leaf: int) -> list[Rows]:
    """Row indices of the balanced k-d subspaces of one cloud, (M, 3), cut as `paired_subspaces` cuts two equal ones.

    Raises:
        UsageError: a coordinate is not finite, or leaf is below 1.
    """
    check_leaf(leaf)
    (points,) = coordinates(cloud)
    rows, _, bounds = kernels().split(points, points, False, leaf)
    return [rows[first:last] for first, last in pairwise(bounds.tolist())]


def check_leaf(leaf: int) -> None:
    """Raise UsageError for a leaf that can hold no point."""
    if leaf < 1:
        raise UsageError(f"leaf is {leaf}, and must be at least 1 point")
