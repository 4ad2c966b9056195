"""Poses of a whole set in one frame: every cloud by way of few hubs, from similar cloud to similar cloud.

A walker laid straight over a boxer is turned sideways, because the arms fit better so; laid over other walkers, one of
which stands much as the boxer does, it is not. So a few clouds that are unlike each other become hubs, every cloud is
laid over all of them, and its pose comes along the path whose squared errors have the least sum of cubes: many small
steps rather than one large one. A set of one shape makes do with one hub.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Doubles, Integers
from qaadcodec.clouds import Similarity
from qaadcodec.parallel import in_parallel
from qaadcodec.ranks.ranks import ALONE, Ranks
from qaadcodec.sets.rigid_fit import Fit, Pair, register
from qaadcodec.sets.sketch import Sketch

HUBS = 8  # at most
UNLIKE = 1.5  # times the median error: a cloud that lies over no hub better than that becomes a hub
LEAST_COST = 1e-30  # of a step between clouds: without any, there would be no way


@dataclass(frozen=True, slots=True)
class Placed:
    """A cloud whose place is known.

    Attributes:
        sketch: of it.
        pose: from the common frame to its own coordinates.
        cost: sum of what the steps on the way to it cost.
        tumbled: whether it lies turned over to the first hub.
    """

    sketch: Sketch
    pose: Similarity
    cost: float
    tumbled: bool = False


def place(hubs: Sequence[Placed], sketch: Sketch, kind: str) -> Similarity:
    """The pose of another cloud, by way of that of the hubs from which it is the shortest."""
    first = register(hubs[0].sketch, sketch, kind)
    turned = first.overturned
    fits = [first, *(register(hub.sketch, sketch, kind, tumbled=turned or hub.tumbled) for hub in hubs[1:])]
    fit, hub = min(zip(fits, hubs, strict=True), key=lambda pair: step_cost(pair[0]) + pair[1].cost)
    return onward(hub, sketch, fit, kind)


def onward(known: Placed, sketch: Sketch, fit: Fit, kind: str) -> Similarity:
    """The pose of a sketch that was laid over a placed one, made better with all probes."""
    return Pair(known.sketch, sketch, kind).improved(fit.pose).pose.after(known.pose)


def step_cost(fit: Fit) -> float:
    """What a step between two clouds costs: the cube of its error."""
    return max(fit.error**3, LEAST_COST)


@dataclass(slots=True)
class Hubs:
    """The hubs of a set, and every cloud of it over each of them.

    Attributes:
        sketches: of the clouds.
        kind: of the poses.
        chosen: which clouds are hubs.
        fits: for each hub, how it was laid over every cloud.
        tumbled: which clouds lie turned over to the first hub; these are tried like that with the others, too.
        ranks: who share the work, and all come to the same.
    """

    sketches: Sequence[Sketch]
    kind: str
    chosen: list[int]
    fits: list[list[Fit]]
    tumbled: list[bool]
    ranks: Ranks = ALONE

    @classmethod
    def of(
        cls,
        sketches: Sequence[Sketch],
        first: int,
        kind: str,
        late: Callable[[], bool] = lambda: False,
        ranks: Ranks = ALONE,
    ) -> Hubs:
        """Find the hubs. They are added while a cloud is unlike all of them, and there is time.

        Args:
            first: the cloud that is the first hub.
            late: whether there is no time for more; may raise to end the work.
        """
        found = cls(sketches, kind, [], [], [True] * len(sketches), ranks)
        found.add(first, late)
        found.tumbled = [fit.overturned for fit in found.fits[0]]
        while len(found.chosen) < min(HUBS, len(sketches)) and not ranks.decided(late):
            errors = np.array([[fit.error for fit in row] for row in found.fits]).min(0)  # (N,)
            far = int(errors.argmax())
            if errors[far] <= UNLIKE * np.median(np.delete(errors, found.chosen)):
                break
            found.add(far, late)
        return found

    def add(self, hub: int, late: Callable[[], bool]) -> None:
        """Lay a cloud over all the others."""
        row = [Fit(Similarity.identity(), 0.0)] * len(self.sketches)
        own = range(self.ranks.rank, len(row), self.ranks.size)

        def lay(i: int) -> None:
            if i != hub:
                late()
                tumbled = self.tumbled[hub] or self.tumbled[i]
                row[i] = register(self.sketches[hub], self.sketches[i], self.kind, tumbled=tumbled)

        in_parallel(lay, own)
        for rank, fits in enumerate(self.ranks.gathered([row[i] for i in own])):
            row[rank :: self.ranks.size] = fits
        self.chosen.append(hub)
        self.fits.append(row)

    def placed(self) -> list[Placed]:
        """Every cloud in the frame of the hub that lies most central, nearest clouds first made better."""
        costs, before = self.shortest_paths()
        root = self.chosen[int(costs[self.chosen].sum(1).argmin())]
        costs_of, before_of = costs[root], before[root]
        known = {root: Placed(self.sketches[root], Similarity.identity(), 0.0, self.tumbled[root])}
        for i in (int(i) for i in np.argsort(costs_of, kind="stable") if i != root):
            last = int(before_of[i])
            pose = onward(known[last], self.sketches[i], self.between(last, i), self.kind)
            known[i] = Placed(self.sketches[i], pose, float(costs_of[i]), self.tumbled[i])
        return [known[i] for i in range(len(self.sketches))]

    def between(self, a: int, b: int) -> Fit:
        """How cloud a was laid over cloud b, one of which is a hub."""
        if a in self.chosen:
            return self.fits[self.chosen.index(a)][b]
        fit = self.fits[self.chosen.index(b)][a]
        return Fit(fit.pose.inverse(), fit.error)

    def shortest_paths(self) -> tuple[Doubles, Integers]:
        """Costs of the ways from each cloud to each, (N, N), and the cloud before the last on each way, (N, N)."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import dijkstra

        count = len(self.sketches)
        chosen = np.array(self.chosen, np.int32)  # scipy's csgraph takes no larger indices before 1.13
        hub, cloud = np.repeat(chosen, count), np.tile(np.arange(count, dtype=np.int32), len(chosen))
        steps = np.array([step_cost(fit) for row in self.fits for fit in row])
        real = (hub != cloud) & ~(np.isin(cloud, self.chosen) & (cloud < hub))  # between two hubs, one of the two
        graph = csr_array((steps[real], (hub[real], cloud[real])), shape=(count, count))
        costs, before = dijkstra(graph, directed=False, return_predecessors=True)
        return costs, before
