"""In what order clouds join: each next to one that is there already, from the one that Q was taken from."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Self

import numpy as np

from qaadcodec.arrays import Longs, Singles
from qaadcodec.assignment.registration.nearest import k_nearest

NEAREST = 8  # clouds that each cloud is joined with
AT_FIRST = 0.05  # share of the set that is shown from the beginning,
FEWEST = 4  # or so many clouds
ALL_JOINED = 0.35  # share of the steps after which all are shown


@dataclass(frozen=True, slots=True)
class Joining:
    """The clouds in the order in which they join.

    Attributes:
        order: every cloud once, (N,).
        leaders: for each of these, in the same order, the one before it that it is most like, (N,); of the first one,
            and of those that no neighbour leads to, the first one.
    """

    order: Longs
    leaders: Longs

    @classmethod
    def of(cls, latents: Singles, first: int) -> Self:
        """Prim's minimum spanning tree over the NEAREST neighbours of every latent, from a first cloud on.

        The next cloud is always the one that is nearest to any that is there. Parts of the set that no neighbour leads
        to follow by their distance from the first cloud.

        Args:
            latents: (N, l), alike for clouds that are alike.
        """
        from scipy.spatial import cKDTree

        distances, near = k_nearest(cKDTree(latents), latents, NEAREST + 1)
        ways: list[list[tuple[float, int, int]]] = [[] for _ in latents]
        for cloud, (lengths, others) in enumerate(zip(distances.tolist(), near.tolist(), strict=True)):
            for length, other in zip(lengths, others, strict=True):
                ways[cloud].append((length, other, cloud))
                ways[other].append((length, cloud, other))
        order, leaders, joined = [], [], np.zeros(len(latents), bool)
        for start in [first, *np.square(latents - latents[first]).sum(1).argsort(kind="stable").tolist()]:
            waiting = [(0.0, start, first)]
            while waiting:
                _, cloud, leader = heapq.heappop(waiting)
                if not joined[cloud]:
                    joined[cloud] = True
                    order.append(cloud)
                    leaders.append(leader)
                    for way in ways[cloud]:
                        heapq.heappush(waiting, way)
        return cls(np.array(order, np.int64), np.array(leaders, np.int64))

    def joined(self, fraction: float) -> int:
        """How many clouds, from the front of the order, are shown after this fraction of the steps."""
        share = AT_FIRST + (1.0 - AT_FIRST) * fraction / ALL_JOINED
        return min(len(self.order), max(FEWEST, round(len(self.order) * min(1.0, share))))
