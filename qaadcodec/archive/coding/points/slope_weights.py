"""How the four slopes at a node become one: their weighted sum (formats/qaad-1.md, "Points": slopes).

The file stores the weights, a set for each of three groups of nodes. Any weights decode; good ones save bits.
"""

from __future__ import annotations

import numpy as np

from qaadcodec.archive.coding.points.slopes import ONE
from qaadcodec.archive.coding.points.surroundings import FEATURES
from qaadcodec.arrays import Integers, Ints, Longs, Singles

GROUPS = 3  # nodes of 1 point, of 2 or 3, of more
WEIGHT_ONE = 32  # a weight of 1
ITERATIONS = 8
RIDGE = 4.0  # half of it times the squared weights is added to what is minimised
DEPENDENT_FROM = 32  # points: in a node of many more than that, they tell hardly more than so many do


def group_of(counts: Integers) -> Longs:
    """The group of nodes of so many points, (n,)."""
    groups: Longs = (counts > 1).astype(np.int64) + (counts > 3)
    return groups


def weighted_slope(weights: Longs, counts: Integers, features: Singles) -> Ints:
    """One slope at each node, (n,).

    Args:
        weights: in 1/32, (GROUPS, FEATURES).
        counts: points of each node, (n,).
        features: the four slopes, (FEATURES, n), of at most 2^11: single precision holds their sums.
    """
    by_group = np.matmul(weights.astype(np.float32), features.astype(np.float32, copy=False))  # (GROUPS, n)
    sums = np.where(counts == 1, by_group[0], np.where(counts <= 3, by_group[1], by_group[2]))
    slope: Ints = np.floor(sums / WEIGHT_ONE).astype(np.int32)
    return slope


def fit_weights(counts: Integers, upper: Integers, features: Singles) -> Longs:
    """The weights (GROUPS, FEATURES) of a logistic regression, by Newton's method.

    Args:
        counts: points of each node, (n,).
        upper: how many of them are in its upper half, (n,).
        features: the slopes at it, (FEATURES, n).
    """
    weights = np.zeros((GROUPS, FEATURES))
    inputs = features.T.astype(np.float64) / ONE  # (n, FEATURES)
    for group in range(GROUPS):
        member = group_of(counts) == group
        f, u, w = inputs[member], upper[member], weights[group]
        n = counts[member].astype(np.float64)
        # The points of a node depend on each other, and tell less than so many independent ones.
        scale = (DEPENDENT_FROM + n) / (DEPENDENT_FROM + n * n)
        for _ in range(ITERATIONS):
            p = 1 / (1 + np.exp(-np.clip(f @ w, -20, 20)))
            gradient = f.T @ ((u - n * p) * scale) - RIDGE * w
            hessian = (f * (scale * n * p * (1 - p))[:, None]).T @ f + RIDGE * np.eye(FEATURES)
            w = w + np.linalg.solve(hessian, gradient)
        weights[group] = w
    stored: Longs = np.clip(np.rint(weights * WEIGHT_ONE), -127, 127).astype(np.int64)
    return stored
