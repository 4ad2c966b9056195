"""What the coarse network's predictions meet: nearest points, and where those mislead, points that are alike as well.

A cloud that joins far from all that were shown, as one that boxes among walkers, has its hands next to the face of the
one that it begins as. By nearest points they would be taken for it. So at first it meets what is near in space and in
intrinsic coordinates together (`assignment/registration/intrinsic.py`), which lets a hand find a hand; these count the
more the farther it lies, and fade away, since they are rough. A cloud next to one that is known does without.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Longs, Numbers, Singles
from qaadcodec.assignment.registration.intrinsic import QUANTILES, WIDTH
from qaadcodec.metrics.nearest import nearest_distances
from qaadcodec.ranks.ranks import Ranks
from qaadcodec.training.predict import Prediction
from qaadcodec.training.registration.sampled_clouds import SampledClouds
from qaadcodec.work.state import State

ROWS = 4096  # rows of Q whose intrinsic coordinates are known; the others have those of the nearest one
NEAR = 1.4  # times the gap between two samples of one surface: no cloud that lies nearer needs them
STRONGEST = 8.0  # their largest weight, in sizes of the shape
STRENGTH = 1.0  # share of it for every such gap more
TINY = 1e-12
FADING = 0.2  # share of the steps in which the weight falls to a tenth
LEAST = 0.04  # weight below which they are left away
LEVEL = math.sqrt(2.0)  # ratio of two weights that are told apart: a tree is made for each
WITNESSES, FORGIVING = 32, 0.75  # clouds, at most, that tell the intrinsic coordinates of a row, and which quantile:
# parts that touch, as a hand and the hip, only make ways shorter
MORE = 1.5  # times as many clouds as were asked last, when they are asked again


@dataclass(frozen=True, slots=True)
class Met:
    """What samples of one cloud and of its prediction are nearest to.

    Attributes:
        targets: the point nearest to each predicted one, (R, 3).
        points: drawn points of the cloud, (P, 3).
        rows: the predicted point nearest to each of them, (P,).
    """

    targets: Singles
    points: Singles
    rows: Longs


class Meeting:
    """Lets predictions meet their clouds. Of what it knows, all ranks know the same."""

    def __init__(self, clouds: SampledClouds, input_cloud: Singles, middle: int, ranks: Ranks, seed: int) -> None:
        """For the rows of Q, (M, 3), taken from the middle cloud."""
        from scipy.spatial import cKDTree

        rng = np.random.default_rng([seed, 28])
        self.clouds, self._ranks, self._seed = clouds, ranks, seed
        self._chosen = np.sort(rng.permutation(len(input_cloud))[:ROWS])
        self._stands_for = np.asarray(cKDTree(input_cloud[self._chosen]).query(input_cloud)[1], np.int64)
        self._size = math.sqrt(float(np.square(input_cloud - input_cloud.mean(0)).sum(1).mean()))
        count = clouds.part.total
        self._since, self._strength = np.zeros(count, np.float32), np.zeros(count, np.float32)
        self._alike = np.zeros((len(self._chosen), WIDTH), np.float32)
        self._asked = np.zeros(1, np.int64)
        self._own_gap = self._gaps([middle], lambda _: input_cloud)[middle]

    def join(self, known: Longs, new: Longs, leaders: Longs, fraction: float, predictions: Prediction) -> None:
        """Clouds join others that have been shown. Those that are there from the beginning are alike.

        What counts is how much farther a cloud lies from what it begins as than the one that leads it does: a network
        that has not learnt yet is far from all of them. What one needs that is led by it needs as well.

        Args:
            known, new: those that have been shown, and those that will be from now on.
            leaders: of the new ones, each among those known or before it.
            fraction: of the steps that are over.
            predictions: of any cloud, all rows.
        """
        wanted = np.unique(np.concatenate([new, np.intersect1d(leaders, known)]))
        gaps = self._gaps(wanted.tolist(), predictions)
        most = self._size * STRONGEST / math.sqrt(len(QUANTILES))
        for cloud, leader in zip(new.tolist(), leaders.tolist(), strict=True):
            led = gaps[leader] if leader in known else self._own_gap
            excess = max(0.0, gaps[cloud] / max(led, self._own_gap, TINY) - NEAR)
            strength = min(1.0, STRENGTH * excess) * most
            self._since[cloud], self._strength[cloud] = fraction, max(strength, self._faded(leader, fraction))
        if self._strength[new].any() and len(known) >= MORE * self._asked[0]:
            self._ask(known, predictions)

    def meet(self, cloud: int, rows: Longs, prediction: Singles, drawn: Longs, fraction: float) -> Met:
        """The nearest points between predicted rows, (R, 3), and their cloud, of which some are drawn, both ways."""
        from scipy.spatial import cKDTree

        points = self.clouds.points(cloud)
        weight = self._weight(cloud, fraction)
        if weight == 0.0:
            targets = points[self.clouds.nearest(cloud, prediction)]
            tree, asking = cKDTree(prediction, balanced_tree=False, compact_nodes=False), points[drawn]
        else:
            alike = self._alike[self._stands_for[rows]]
            targets = points[self.clouds.nearest_alike(cloud, prediction, alike, weight)]
            tree = cKDTree(np.concatenate([prediction, weight * alike], axis=1))
            asking = np.concatenate([points[drawn], weight * self.clouds.intrinsic(cloud)[drawn]], axis=1)
        return Met(targets, points[drawn], np.asarray(tree.query(asking)[1], np.int64))

    @property
    def arrays(self) -> Mapping[str, Numbers]:
        """For a checkpoint; live."""
        return {"since": self._since, "strength": self._strength, "alike": self._alike, "asked": self._asked}

    def go_on(self, state: State) -> None:
        """Know again what a checkpoint has of this."""
        for name, array in self.arrays.items():
            array[:] = state.array(name, array)

    def _faded(self, cloud: int, fraction: float) -> float:
        """The strength of a cloud, now."""
        return float(self._strength[cloud]) * math.pow(10.0, (float(self._since[cloud]) - fraction) / FADING)

    def _weight(self, cloud: int, fraction: float) -> float:
        """Of the intrinsic coordinates of a cloud, now."""
        weight = self._faded(cloud, fraction)
        if weight <= LEAST * self._size:
            return 0.0
        return float(LEVEL ** round(math.log(weight, LEVEL)))

    def _gaps(self, clouds: Sequence[int], predictions: Prediction) -> dict[int, float]:
        """Root mean square gaps of clouds from their predictions, of whichever way is larger, told to all ranks."""
        own = {}
        for cloud in clouds:
            if cloud in self.clouds:
                rng, prediction = np.random.default_rng([self._seed, 29, cloud]), predictions(cloud)
                points = self.clouds.points(cloud)[self.clouds.places(rng)]
                rows = prediction[rng.integers(len(prediction), size=len(points) // 2)]
                own[cloud] = math.sqrt(nearest_distances(rows, points).augmented_chamfer)
        return {cloud: gap for found in self._ranks.gathered(own) for cloud, gap in found.items()}

    def _ask(self, known: Longs, predictions: Prediction) -> None:
        """Let clouds that have been shown tell the intrinsic coordinates of the rows of Q."""
        self._asked[0] = len(known)
        witnesses: Sequence[int] = known[np.unique(np.linspace(0, len(known) - 1, WITNESSES).round().astype(int))]
        own = {}
        for cloud in map(int, witnesses):
            if cloud in self.clouds:
                there = self.clouds.nearest(cloud, predictions(cloud)[self._chosen])
                own[cloud] = self.clouds.intrinsic(cloud)[there]
        told = {cloud: values for found in self._ranks.gathered(own) for cloud, values in found.items()}
        values, ways = np.array([told[cloud] for cloud in sorted(told)]), len(QUANTILES)
        self._alike[:, :ways] = np.quantile(values[..., :ways], FORGIVING, axis=0)
        self._alike[:, ways:] = np.median(values[..., ways:], axis=0)
