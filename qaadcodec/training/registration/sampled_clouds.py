"""Clouds that are looked at in samples, again and again: k-d trees of some, within a bound of memory."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.arrays import Longs, Singles
from qaadcodec.config.network import POSITION
from qaadcodec.sets.store import TargetStore

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

KNOWN = 8192  # points of a cloud in its tree
HELD = 1 << 22  # points in all trees that are held at a time: some 300 MB


class SampledClouds:
    """The clouds of a store, each by an even sample of its points. Not for several threads at a time.

    They are called by their numbers in the set; those of a store that has a part of it are in there.
    """

    def __init__(self, store: TargetStore, points: int, seed: int) -> None:
        """Look at clouds.

        Args:
            points: of a cloud that `drawn` returns.
            seed: draws the points in the trees, the same rows of every cloud.
        """
        count = store.points.shape[1]
        self._store, self._points, self.part = store, points, store.part
        self._rows = np.sort(np.random.default_rng([seed, 24]).permutation(count)[:KNOWN])
        self._most = max(1, HELD // len(self._rows))
        self._held: OrderedDict[int, tuple[Singles, cKDTree]] = OrderedDict()

    def nearest(self, cloud: int, queries: Singles) -> Singles:
        """The point of a cloud's sample nearest to each of the queries, (q, 3)."""
        points, tree = self._sample(cloud)
        return points[tree.query(queries)[1]]

    def __contains__(self, cloud: int) -> bool:
        return self.part.first <= cloud < self.part.end

    def places(self, rng: np.random.Generator) -> Longs:
        """Random places in the sample of whichever cloud, with repetition, (points,)."""
        return rng.integers(len(self._rows), size=self._points)

    def drawn(self, cloud: int, places: Longs) -> Singles:
        """The points of a cloud's sample in these places, (points, 3)."""
        points, _ = self._sample(cloud)
        return points[places]

    def _sample(self, cloud: int) -> tuple[Singles, cKDTree]:
        from scipy.spatial import cKDTree

        if cloud in self._held:
            self._held.move_to_end(cloud)
            return self._held[cloud]
        points: Singles = np.array(self._store.points[cloud - self.part.first, self._rows, :POSITION])
        self._held[cloud] = points, cKDTree(points)
        if len(self._held) > self._most:
            self._held.popitem(last=False)
        return self._held[cloud]
