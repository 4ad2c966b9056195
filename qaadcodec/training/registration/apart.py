"""How far apart the clouds of a set lie, measured by their size."""

from __future__ import annotations

import math

import numpy as np

from qaadcodec.assignment.registration.nearest import k_nearest
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.start import middle_cloud

LOOKED_AT = 16  # clouds, evenly spread over the set
PROBES = 1024  # points of each
SAMPLED = 0.56  # spacings between two random samplings of one surface, root mean square: 1 / √π


def how_far_apart(store: TargetStore, seed: int) -> float:
    """Root mean square distance of points of some clouds to the middle cloud, over that one's root mean square size.

    What two samplings of one shape have, SAMPLED spacings, is taken out in squares. The spacing is twice the median
    distance to the nearest point, the size the distance of points from their centroid.

    Args:
        store: normalised clouds, in any row order.
        seed: draws the points that are looked at.
    """
    from scipy.spatial import cKDTree

    part = store.part
    middle = part.of_cloud(middle_cloud(store), lambda own: np.array(store.positions(own), np.float64))
    tree = cKDTree(middle)
    distances, _ = k_nearest(tree, middle, 2)
    own = np.square(SAMPLED * 2.0 * np.median(distances[:, -1]))
    size = np.square(middle - middle.mean(0)).sum(1).mean()
    rng, squares = np.random.default_rng([seed, 26]), []
    for i in np.unique(np.linspace(0, part.total - 1, LOOKED_AT).round().astype(int)):
        rows = np.sort(rng.permutation(len(middle))[:PROBES])
        if part.first <= i < part.end:
            squares.append(np.square(k_nearest(tree, store.positions(int(i) - part.first)[rows], 1)[0]).mean())
    squares = [square for found in part.ranks.gathered(squares) for square in found]
    return math.sqrt(max(float(np.mean(squares) - own), 0.0) / float(size)) if size > 0 else 0.0
