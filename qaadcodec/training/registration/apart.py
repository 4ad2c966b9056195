"""How far apart the clouds of a set lie, measured by how densely they are sampled."""

from __future__ import annotations

import numpy as np

from qaadcodec.assignment.registration.nearest import k_nearest
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.start import middle_cloud

LOOKED_AT = 16  # clouds, evenly spread over the set
PROBES = 1024  # points of each


def spacings_apart(store: TargetStore, seed: int) -> float:
    """Root mean square distance of points of some clouds to the middle cloud, in spacings of that one; 0 or more.

    Two samplings of one shape are about 0.6 spacings apart. The spacing is twice the median distance to the nearest
    point.

    Args:
        store: normalised clouds, in any row order.
        seed: draws the points that are looked at.
    """
    from scipy.spatial import cKDTree

    middle = np.array(store.positions(middle_cloud(store)), np.float64)
    tree = cKDTree(middle)
    distances, _ = k_nearest(tree, middle, 2)
    spacing = 2.0 * float(np.median(distances[:, -1]))
    rng, squares = np.random.default_rng([seed, 26]), []
    for i in np.unique(np.linspace(0, len(store) - 1, LOOKED_AT).round().astype(int)):
        rows = np.sort(rng.permutation(len(middle))[:PROBES])
        squares.append(np.square(k_nearest(tree, store.positions(int(i))[rows], 1)[0]).mean())
        store.touched(1, len(rows))
    return float(np.sqrt(np.mean(squares))) / spacing if spacing > 0 else 0.0
