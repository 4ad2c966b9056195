"""Exact linear assignment inside pairs of subspaces, on all cores (the solvers give up the GIL)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from qaadcodec.assignment.subspaces import Floats, Rows

T = TypeVar("T")

SQUARABLE = 1e150  # coordinates whose squares and their sums are finite


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


@cache
def workers() -> ThreadPoolExecutor:
    """The threads that solve assignments, one per core, started once."""
    return ThreadPoolExecutor(cores(), thread_name_prefix="assignment")


def assign(a: Floats, b: Floats) -> Rows:
    """The bijection with the least sum of squared distances: row i of a goes to row result[i] of b, (n,) int64.

    The paper's arg d_EMD (eq. 12 and 13) with the squared distance; exact. By `exact.assign_exactly`, or by scipy
    (shortest augmenting paths on a matrix, 2 to 17 times slower) where numba is missing.
    """
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    quick = compiled_solver()
    if quick is not None and len(x) and (np.abs(x).max() < SQUARABLE) and (np.abs(y).max() < SQUARABLE):  # not NaN
        return quick(x, y)
    return assign_by_matrix(x, y)


def assign_by_matrix(a: Floats, b: Floats) -> Rows:
    """`assign` by scipy. Raises ValueError where a distance is not finite."""
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    return linear_sum_assignment(cdist(a, b, "sqeuclidean"))[1].astype(np.int64, copy=False)


@cache
def compiled_solver() -> Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], Rows] | None:
    """The solver that numba compiles; None on Pythons that numba has not come to yet."""
    try:
        from qaadcodec.assignment.exact import assign_exactly
    except ImportError:
        return None
    return assign_exactly


def assign_in_subspaces(a: Floats, b: Floats, pairs: Sequence[tuple[Rows, Rows]]) -> Rows:
    """The union of the exact assignments inside pairs of subspaces: again a bijection, (M,) int64.

    Args:
        a, b: (M, 3) each.
        pairs: partitions of the rows of a and b, as `paired_subspaces` returns them.
    """
    result = np.empty(len(a), np.int64)

    def solve(pair: tuple[Rows, Rows]) -> None:
        rows_a, rows_b = pair
        result[rows_a] = rows_b[assign(a[rows_a], b[rows_b])]

    in_parallel(solve, pairs)
    return result


def in_parallel(work: Callable[[T], None], items: Iterable[T]) -> None:
    """Run `work` on every item in the threads of `workers`, and raise the first error there was."""
    for _ in workers().map(work, items):
        pass
