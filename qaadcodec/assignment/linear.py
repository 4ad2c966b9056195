"""Exact linear assignment inside pairs of subspaces, on all cores (the solvers release the GIL)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qaadcodec.arrays import Floats, Rows
from qaadcodec.assignment.coordinates import coordinates
from qaadcodec.assignment.kernels.ready import kernels
from qaadcodec.errors import UsageError
from qaadcodec.parallel import cores, in_parallel

Pairs = Sequence[tuple[Rows, Rows]]

SHARES = 8  # into which the subspaces are divided for each core
SQUARABLE = 1e150  # the squares of coordinates below this, and sums of them, are finite


def assign(a: Floats, b: Floats) -> Rows:
    """The bijection with the least sum of squared distances: row i of a goes to row result[i] of b, (n,) int64.

    The paper's arg d_EMD (eq. 12 and 13) with the squared distance; exact.

    Args:
        a, b: (n, 3) each, finite.

    Raises:
        UsageError: the clouds differ in size, or a coordinate is not finite.
        ValueError: every bijection has an infinite cost.
    """
    if len(a) != len(b):
        raise UsageError(f"an assignment needs clouds of equal size, not {len(a)} and {len(b)} points")
    everything = np.arange(len(a))
    result = np.empty(len(a), np.int64)
    solve_pairs(a, b, [(everything, everything)], result)
    return result


def assign_in_subspaces(a: Floats, b: Floats, pairs: Pairs) -> Rows:
    """The union of the exact assignments inside pairs of subspaces: again a bijection, (M,) int64.

    Args:
        a, b: (M, 3) each, finite.
        pairs: partitions of the rows of a and b, as `paired_subspaces` returns them.

    Raises:
        UsageError: a coordinate is not finite.
        ValueError: every bijection has an infinite cost.
    """
    solve, result = solver_of(a, b), np.empty(len(a), np.int64)
    share = max(1, len(pairs) // (SHARES * cores()))
    in_parallel(lambda first: solve(pairs[first : first + share], result), range(0, len(pairs), share))
    return result


def solve_pairs(a: Floats, b: Floats, pairs: Pairs, result: Rows) -> None:
    """`assign_in_subspaces` in this thread alone, into `result`."""
    solver_of(a, b)(pairs, result)


def solver_of(a: Floats, b: Floats) -> Callable[[Pairs, Rows], None]:
    """A function that solves pairs of subspaces of two clouds, and may be called from several threads.

    It calls `exact.assign_leaves`. Scipy takes over where that gives up, because many points coincide, and where the
    squares of coordinates overflow. Scipy finds shortest augmenting paths on a matrix of costs, which takes 2 to 20
    times as long on most clouds.
    """
    x, y = coordinates(a, b)

    def by_matrix(pairs: Pairs, result: Rows) -> None:
        for rows_a, rows_b in pairs:
            result[rows_a] = rows_b[assign_by_matrix(x[rows_a], y[rows_b])]

    if not squarable(x) or not squarable(y):
        return by_matrix
    assign_leaves = kernels().assign_leaves

    def solve(pairs: Pairs, result: Rows) -> None:
        if pairs:
            rows_a, rows_b = (np.concatenate(side) for side in zip(*pairs, strict=True))
            bounds = np.cumsum([0, *(len(rows) for rows, _ in pairs)])
            assign_leaves(x, y, rows_a, rows_b, bounds, result)
            by_matrix([pair for pair in pairs if len(pair[0]) and result[pair[0][0]] < 0], result)

    return solve


def squarable(cloud: Floats) -> bool:
    """Whether the squares of a cloud's coordinates, and sums of them, are finite."""
    return float(np.abs(cloud).max(initial=0.0)) < SQUARABLE


def assign_by_matrix(a: Floats, b: Floats) -> Rows:
    """`assign` by scipy. Raises ValueError where every bijection has an infinite cost."""
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    return linear_sum_assignment(cdist(a, b, "sqeuclidean"))[1].astype(np.int64, copy=False)
