"""QAAD-Reassignment (paper section 3.4, Algorithm 2) as pair swaps, and exact re-solving inside small leaves.

Targets are stored in the row order of the input cloud, so that the assignment A is the identity: a reassignment is a
permutation of target rows. `pair_swaps` and `resolve_leaves` return such a permutation, and neither ever raises the
summed squared error of the matches (eq. 15).
"""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Floats, Rows, Singles
from qaadcodec.assignment.linear import solve_pairs
from qaadcodec.assignment.subspaces import subspaces


def pair_swaps(prediction: Floats, target: Floats) -> Rows:
    """Swaps between sampled points, as Algorithm 2 proposes them, made free of conflicts.

    Each row i proposes a swap: it takes the target nearest to its prediction, which row j holds, and gives j its own.
    The proposal stands when the summed squared error after it is not above the one before (L_A <= L_B). Where proposals
    share a row, the one that gains most is taken (the first of equal ones), so no point takes part in two swaps.

    Args:
        prediction: (s, 3) float32, the predictions of the sampled rows.
        target: (s, 3) float32, their present targets.

    Returns:
        (s,) int64: the row whose target each row has afterwards. This permutation is its own inverse.
    """
    from scipy.spatial import cKDTree

    # In float64, so that rounding cannot make a gain out of a loss.
    prediction, target = prediction.astype(np.float64), target.astype(np.float64)
    rows = np.arange(len(target))
    tree = cKDTree(target, balanced_tree=False, compact_nodes=False)
    nearest = np.asarray(tree.query(prediction)[1], np.int64)
    other = prediction[nearest]
    # With squared distances the gain L_B - L_A is 2 (p̂_i - p̂_j)·(t_j - t_i).
    gain = 2.0 * np.einsum("ij,ij->i", prediction - other, target[nearest] - target)
    gain = np.where((nearest != rows) & (gain >= 0.0), gain, -1.0)
    best = gain.copy()
    np.maximum.at(best, nearest, gain)
    leads = np.flatnonzero((gain >= 0.0) & (gain >= best) & (gain >= best[nearest]))
    first = np.full(len(rows), len(rows))
    np.minimum.at(first, leads, leads)
    np.minimum.at(first, nearest[leads], leads)
    chosen = leads[(first[leads] == leads) & (first[nearest[leads]] == leads)]
    order = rows.copy()
    order[chosen], order[nearest[chosen]] = nearest[chosen], chosen
    return order


def resolve_leaves(prediction: Floats, target: Floats, leaf: int, rng: np.random.Generator) -> Rows:
    """The exact assignment inside every leaf of a k-d tree of the predictions, under a random rotation.

    The rotation moves the borders of the leaves from one round to the next, so that a point that cannot cross a border
    now can do so later. Inside a leaf the best of all matchings is taken, the present one included. Hence the error
    cannot rise.

    Args:
        prediction: P̂ for all rows, (M, 3) float32.
        target: (M, 3) float32, in row order.
        leaf: most points in a leaf.
        rng: draws the rotation.

    Returns:
        (M,) int64: the row whose target each row has afterwards.

    Raises:
        UsageError: a coordinate is not finite, or leaf is below 1.
    """
    order = np.empty(len(target), np.int64)
    leaves = subspaces(prediction @ random_rotation(rng), leaf)
    solve_pairs(prediction, target, [(rows, rows) for rows in leaves], order)
    return order


def random_rotation(rng: np.random.Generator) -> Singles:
    """A rotation or reflection drawn uniformly, (3, 3) float32, by the QR decomposition of a Gaussian matrix."""
    q, r = np.linalg.qr(rng.standard_normal((3, 3)))
    return (q * np.sign(np.diag(r))).astype(np.float32)
