"""Exact linear assignment inside pairs of subspaces, on all cores (scipy's solver gives up the GIL)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import numpy as np

from qaadcodec.assignment.subspaces import Floats, Rows

T = TypeVar("T")


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


@cache
def workers() -> ThreadPoolExecutor:
    """The threads that solve assignments, one per core, started once."""
    return ThreadPoolExecutor(cores(), thread_name_prefix="assignment")


def assign(a: Floats, b: Floats) -> Rows:
    """The bijection with the least sum of squared distances: row i of a goes to row result[i] of b, (n,) int64.

    The paper's arg d_EMD (eq. 12 and 13) with the squared distance; exact (shortest augmenting paths, O(n³)).
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    return linear_sum_assignment(cdist(a, b, "sqeuclidean"))[1].astype(np.int64, copy=False)


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
