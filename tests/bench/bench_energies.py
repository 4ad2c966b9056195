"""The energy of the paper's eq. 17 over near pairs: how far neighbours in Q are matched with neighbours."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from qaadcodec.arrays import Singles
from qaadcodec.sets.store import TargetStore

NEAREST = 8


def energies(q: Singles, targets: TargetStore) -> tuple[float, float]:
    """Of targets in the row order of Q: the stretch of near pairs, and the mean squared way from Q.

    The stretch is the mean over rows q, their 8 nearest rows q̂ in Q and all clouds of |A(q) - A(q̂)| / |q - q̂|: E(A)
    with the paper's f and w, over near pairs. A rigid motion has 1.

    Args:
        q: (M, 3), in the units of the targets.
    """
    distances, near = cKDTree(q).query(q, k=NEAREST + 1)
    distances, near = np.maximum(distances[:, 1:], 1e-9), near[:, 1:]
    stretches, ways = [], []
    for cloud in targets.each():
        stretches.append((np.linalg.norm(cloud[near] - cloud[:, None], axis=2) / distances).mean())
        ways.append(np.square(cloud - q).sum(1).mean())
    return float(np.mean(stretches)), float(np.mean(ways))
