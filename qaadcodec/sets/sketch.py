"""A sketch of a cloud: a few points with normals, of which the first few hundred are spread evenly over the shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from qaadcodec.arrays import Doubles, Floats, Indices

SKETCH, PROBES = 2048, 512  # points of a sketch, at most, and how many of them are probes
NEIGHBOURS = 10  # points that a normal is taken from
KEPT = 0.9  # of the probes count, those that are nearest


class Sketch:
    """A few points of a cloud, made to be compared with other clouds.

    Probes are spread evenly whatever the density of the cloud, so that where a cloud lies does not depend on how it was
    sampled. They look for their nearest points among all points of another sketch.

    Attributes:
        points: (n, 3) float64; the first PROBES of them are the probes.
        tree: a k-d tree of all of them.
        normals: of each point, of length 1 and of either sign, (n, 3).
        centre: mean of the probes, without those that are farthest off; (3,).
        spread: mean squared distance of these probes from the centre.
    """

    def __init__(self, points: Floats, rng: np.random.Generator) -> None:
        """Draw the sketch from all points of a cloud, (M, 3)."""
        from scipy.spatial import cKDTree

        self.points = probes_first(np.asarray(points, np.float64), rng)
        self.tree: Any = cKDTree(self.points)
        self.normals = normals_of(self.points, self.tree)
        near = nearest_part(np.square(self.probes - np.median(self.probes, axis=0)).sum(1))
        self.centre: Doubles = self.probes[near].mean(0)
        self.spread = float(np.square(self.probes[near] - self.centre).sum(1).mean())

    @property
    def probes(self) -> Doubles:
        """The points that are spread evenly, (m, 3)."""
        return self.points[:PROBES]


def probes_first(points: Doubles, rng: np.random.Generator) -> Doubles:
    """At most SKETCH of the points, drawn at random; the first PROBES are each the farthest from all before it."""
    drawn = points[rng.permutation(len(points))[:SKETCH]]
    order = np.arange(len(drawn))
    gaps = np.square(drawn - drawn[0]).sum(1)
    for place in range(1, min(PROBES, len(drawn))):
        far = place + int(gaps[order[place:]].argmax())
        order[place], order[far] = order[far], order[place]
        gaps = np.minimum(gaps, np.square(drawn - drawn[order[place]]).sum(1))
    return drawn[order]


def normals_of(points: Doubles, tree: Any) -> Doubles:
    """The direction in which the neighbourhood of each point is flattest, (n, 3)."""
    _, rows = tree.query(points, k=min(NEIGHBOURS, len(points)))
    near = points[np.reshape(rows, (len(points), -1))]  # (n, k, 3)
    near -= near.mean(1, keepdims=True)
    return np.asarray(np.linalg.eigh(np.einsum("nki,nkj->nij", near, near))[1][:, :, 0])


def nearest_part(squared: Doubles) -> Indices:
    """The places of the share KEPT of these numbers that is least."""
    return np.argsort(squared, kind="stable")[: max(1, round(KEPT * len(squared)))]
