"""Clouds that are looked at in samples, again and again: k-d trees of some, within a bound of memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.arrays import Floats, Longs, Singles
from qaadcodec.assignment.registration.intrinsic import Intrinsic
from qaadcodec.config.network import POSITION
from qaadcodec.sets.store import TargetStore

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

KNOWN = 8192  # points of a cloud in its tree
HELD = 1 << 22  # points in all trees that are held at a time: some 300 MB, twice that where all have intrinsic ones


@dataclass(slots=True)
class Sample:
    """What is known of a cloud.

    Attributes:
        points: (KNOWN, 3), and a tree over them.
        intrinsic: their intrinsic coordinates, (KNOWN, c), once somebody has asked for them.
        weight: of these in the last tree over both; `both` is that tree.
    """

    points: Singles
    tree: cKDTree
    intrinsic: Singles | None = None
    weight: float = 0.0
    both: cKDTree | None = None


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
        self._store, self._points, self._seed, self.part = store, points, seed, store.part
        self._rows = np.sort(np.random.default_rng([seed, 24]).permutation(count)[:KNOWN])
        self._most = max(1, HELD // len(self._rows))
        self._held: OrderedDict[int, Sample] = OrderedDict()

    def nearest(self, cloud: int, queries: Floats) -> Longs:
        """The place in a cloud's sample of the point nearest to each of the queries, (q, 3)."""
        return np.asarray(self._sample(cloud).tree.query(queries)[1], np.int64)

    def nearest_alike(self, cloud: int, queries: Floats, intrinsic: Floats, weight: float) -> Longs:
        """The same, by distance in space and in intrinsic coordinates.

        Args:
            queries, intrinsic: (q, 3) and (q, c).
            weight: of the intrinsic coordinates; a tree is made for every other one.
        """
        from scipy.spatial import cKDTree

        sample = self._sample(cloud)
        if sample.both is None or sample.weight != weight:
            sample.weight = weight
            sample.both = cKDTree(np.concatenate([sample.points, weight * self.intrinsic(cloud)], axis=1))
        return np.asarray(sample.both.query(np.concatenate([queries, weight * intrinsic], axis=1))[1], np.int64)

    def __contains__(self, cloud: int) -> bool:
        return self.part.first <= cloud < self.part.end

    def places(self, rng: np.random.Generator) -> Longs:
        """Random places in the sample of whichever cloud, with repetition, (points,)."""
        return rng.integers(len(self._rows), size=self._points)

    def points(self, cloud: int) -> Singles:
        """The points of a cloud's sample, (KNOWN, 3), or all where it has fewer."""
        return self._sample(cloud).points

    def intrinsic(self, cloud: int) -> Singles:
        """Their intrinsic coordinates, (KNOWN, c)."""
        sample = self._sample(cloud)
        if sample.intrinsic is None:
            found = Intrinsic.of(sample.points, np.random.default_rng([self._seed, 27]))
            sample.intrinsic = found.at(sample.points)
        return sample.intrinsic

    def _sample(self, cloud: int) -> Sample:
        from scipy.spatial import cKDTree

        if cloud in self._held:
            self._held.move_to_end(cloud)
            return self._held[cloud]
        points: Singles = np.array(self._store.points[cloud - self.part.first, self._rows, :POSITION])
        self._held[cloud] = Sample(points, cKDTree(points))
        if len(self._held) > self._most:
            self._held.popitem(last=False)
        return self._held[cloud]
