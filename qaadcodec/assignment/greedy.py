"""QAAD-Greedy (paper section 3.4, Algorithm 1): the first assignment of a cloud to the rows of the input cloud."""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Floats, Rows
from qaadcodec.assignment.linear import solve_pairs
from qaadcodec.assignment.subspaces import paired_subspaces


def greedy(prediction: Floats, target: Floats, leaf: int, rng: np.random.Generator) -> Rows:
    """A bijection A from the rows of the input cloud to the rows of a target cloud.

    Algorithm 1: canonical k-d subspaces of prediction and target, an EMD assignment in each, then duplicates and
    leftovers resolved. The solver used here is exact, so the last step finds nothing to do. The step is there because
    Algorithm 1 allows solvers that put several points on one target. All of it runs in one thread, because sets are
    aligned with a thread for each cloud.

    Args:
        prediction: P̂ = MLP(l, Q), (M, 3).
        target: P, (M, 3).
        leaf: most points in a subspace.
        rng: draws the targets of leftover points.

    Returns:
        A, (M,) int64: row i of Q is assigned to row A[i] of P.

    Raises:
        UsageError: the clouds differ in size, a coordinate is not finite, or leaf is below 1.
    """
    matches = np.empty(len(target), np.int64)
    solve_pairs(prediction, target, paired_subspaces(prediction, target, leaf), matches)
    return complete(matches, prediction, target, rng)


def complete(matches: Rows, prediction: Floats, target: Floats, rng: np.random.Generator) -> Rows:
    """Make a bijection of matches that name some targets twice (Algorithm 1, from "If duplicates exist" on).

    Of the predictions that are matched to one target the nearest keeps it (the first of equally near ones). Every
    other row gets one of the targets that no row holds, drawn uniformly.

    Args:
        matches: the target of every row, (M,) int64, or -1 where the solver gave none.
        prediction, target: (M, 3) each.
        rng: draws the targets; not used where the matches are a bijection already.

    Returns:
        (M,) int64, a bijection.
    """
    count = len(matches)
    if (matches >= 0).all() and (np.bincount(matches, minlength=count) == 1).all():
        return matches
    rows = np.flatnonzero(matches >= 0)
    gap = prediction[rows].astype(np.float64) - target[matches[rows]]
    squared = np.einsum("ij,ij->i", gap, gap)
    by_target_then_distance = np.lexsort((rows, squared, matches[rows]))
    held, first = np.unique(matches[rows][by_target_then_distance], return_index=True)
    result = np.full(count, -1, np.int64)
    result[rows[by_target_then_distance][first]] = held
    left_rows = np.flatnonzero(result < 0)
    if len(left_rows):
        free = np.setdiff1d(np.arange(count), held, assume_unique=True)
        result[left_rows] = rng.permutation(free)
    return result
