"""Exact linear assignment inside pairs of subspaces, on all cores (the solvers give up the GIL)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qaadcodec.arrays import Floats, Rows
from qaadcodec.assignment.kernels.compiling import machine_code
from qaadcodec.parallel import cores, in_parallel

Pairs = Sequence[tuple[Rows, Rows]]

SHARES = 8  # runs of subspaces that a core solves, one after the other
SQUARABLE = 1e150  # coordinates whose squares and their sums are finite


def assign(a: Floats, b: Floats) -> Rows:
    """The bijection with the least sum of squared distances: row i of a goes to row result[i] of b, (n,) int64.

    The paper's arg d_EMD (eq. 12 and 13) with the squared distance; exact.
    """
    everything = np.arange(len(a))
    result = np.empty(len(a), np.int64)
    solve_pairs(a, b, [(everything, everything)], result)
    return result


def assign_in_subspaces(a: Floats, b: Floats, pairs: Pairs) -> Rows:
    """The union of the exact assignments inside pairs of subspaces: again a bijection, (M,) int64.

    Args:
        a, b: (M, 3) each.
        pairs: partitions of the rows of a and b, as `paired_subspaces` returns them.
    """
    solve, result = solver_of(a, b), np.empty(len(a), np.int64)
    share = max(1, len(pairs) // (SHARES * cores()))
    in_parallel(lambda first: solve(pairs[first : first + share], result), range(0, len(pairs), share))
    return result


def solve_pairs(a: Floats, b: Floats, pairs: Pairs, result: Rows) -> None:
    """`assign_in_subspaces` in this thread, into `result`."""
    solver_of(a, b)(pairs, result)


def solver_of(a: Floats, b: Floats) -> Callable[[Pairs, Rows], None]:
    """Solves pairs of subspaces of two clouds; may be called from several threads.

    By `exact.assign_leaves`, or by scipy (shortest augmenting paths on a matrix, 2 to 20 times slower on most clouds)
    where that gives up because many points coincide, where numba is missing, or where squares of coordinates overflow.
    """

    def by_matrix(pairs: Pairs, result: Rows) -> None:
        for rows_a, rows_b in pairs:
            result[rows_a] = rows_b[assign_by_matrix(a[rows_a], b[rows_b])]

    quick = machine_code()
    if quick is None or not squarable(a) or not squarable(b):
        return by_matrix
    assign_leaves, x, y = quick.assign_leaves, in_float(a), in_float(b)

    def solve(pairs: Pairs, result: Rows) -> None:
        if pairs:
            rows_a, rows_b = (np.concatenate(side) for side in zip(*pairs, strict=True))
            bounds = np.cumsum([0, *(len(rows) for rows, _ in pairs)])
            assign_leaves(x, y, rows_a, rows_b, bounds, result)
            by_matrix([pair for pair in pairs if len(pair[0]) and result[pair[0][0]] < 0], result)

    return solve


def in_float(cloud: Floats) -> Floats:
    """A copy in one of the kinds of arrays that it is compiled for: float32 stays, all else becomes float64."""
    return np.array(cloud, np.float32 if cloud.dtype == np.float32 else np.float64, order="C")


def squarable(cloud: Floats) -> bool:
    """Whether squares of its coordinates, and their sums, are finite; not so with NaN."""
    return float(np.abs(cloud).max(initial=0.0)) < SQUARABLE


def assign_by_matrix(a: Floats, b: Floats) -> Rows:
    """`assign` by scipy. Raises ValueError where no assignment has a finite cost."""
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    return linear_sum_assignment(cdist(a, b, "sqeuclidean"))[1].astype(np.int64, copy=False)
