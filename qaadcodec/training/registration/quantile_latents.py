"""Latents to start from when no rows correspond yet: what clouds look like from many sides."""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Singles
from qaadcodec.config.network import POSITION
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.start import principal_latents

DIRECTIONS, QUANTILES = 48, 64
TABLE = 1 << 24  # numbers in the table of all clouds, at most: of more clouds, fewer quantiles are taken


def quantile_latents(store: TargetStore, size: int, seed: int) -> Singles:
    """The leading principal components of the quantiles of each cloud of the set along random directions; (N, l).

    The squared distance between two such tables of quantiles is the sliced Wasserstein distance of the clouds (Kolouri
    et al. 2016), which needs no correspondence. So clouds that are alike have latents that are alike from the first
    step on. The first component is scaled to a standard deviation of one.

    Args:
        size: l; components beyond the rank of the set are zero.
        seed: draws the directions.
    """
    directions = np.random.default_rng([seed, 22]).standard_normal((POSITION, DIRECTIONS)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=0)
    count = min(QUANTILES, max(1, TABLE // (DIRECTIONS * store.part.total)))
    own = np.empty((len(store), DIRECTIONS * count), np.float32)
    for i, cloud in enumerate(store.each()):
        own[i] = quantiles(cloud[:, :POSITION] @ directions, count)
    table = store.part.whole(own)
    return store.part.ranks.decided(lambda: principal_latents(table, size, seed))


def quantiles(projected: Singles, count: int) -> Singles:
    """So many evenly spread values of every column, (M, DIRECTIONS), one column after the other."""
    places = ((np.arange(count) + 0.5) / count * len(projected)).astype(np.int64)
    return np.sort(projected, axis=0)[places].T.ravel()
