"""Where a point lies on its surface, told by ways along it: the same for a hand, wherever the arm has taken it.

How far the rest of a surface is from a point along the surface hardly changes when a shape bends (global geodesic
functions: Hilaga et al. 2001; intrinsic shape descriptors: Bronstein et al. 2008). Hands have most of a body far away,
feet more of it farther, a head much of it near. What left and right have is the same; there the middle of all that is
near along the surface tells them apart: of a hand that is the arm and the shoulder, which move less than the hand does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.arrays import Doubles, Floats, Singles
from qaadcodec.assignment.registration.nearest import k_nearest
from qaadcodec.assignment.registration.normals import plane_normals

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from scipy.spatial import cKDTree

NODES = 4096  # points of a cloud that ways lead over
SOURCES = 64  # of them, that stand for the rest of the surface
QUANTILES = (0.15, 0.3, 0.5, 0.7, 0.9)
NEAR = 0.3  # share of the surface whose middle is a coordinate as well
WIDTH = len(QUANTILES) + 3  # coordinates of a point
AROUND = 30  # nodes that span a tangent plane: of fewer, many belong to whatever is close
NEAREST = 10  # nodes that each node is joined with,
STEEPEST = 0.6  # unless the way there leaves its tangent plane, or that of the other one, by more than this sine
SMOOTHED = 3  # times that means over neighbouring nodes are taken, since distances to few sources are rough


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """Intrinsic coordinates on a sampled surface.

    Attributes:
        tree: over the nodes, (n, 3).
        values: of each node, quantiles of the distances along the surface to the others, and the mean place of those
            that are NEAR, all over the mean distance of the surface, (n, WIDTH) float32.
    """

    tree: cKDTree
    values: Singles

    @classmethod
    def of(cls, cloud: Floats, rng: np.random.Generator) -> Intrinsic:
        """Of a surface that a cloud samples, (m, 3). O(n log n) for each of the SOURCES, in this thread alone."""
        from scipy.sparse import diags, identity
        from scipy.sparse.csgraph import dijkstra
        from scipy.spatial import cKDTree

        nodes = np.asarray(cloud, np.float64)[rng.permutation(len(cloud))[:NODES]]
        tree = cKDTree(nodes)
        ways = ways_along(nodes, tree)
        sources = nodes[:SOURCES]
        distances = dijkstra(ways, directed=False, indices=np.arange(len(sources)))
        reached = np.isfinite(distances)
        distances = np.where(reached, distances, distances[reached].max())  # what nothing leads to is far
        few = max(1, round(NEAR * len(sources)))
        middle = sources[np.argsort(distances, axis=0, kind="stable")[:few]].mean(0)
        values = np.concatenate([np.quantile(distances, QUANTILES, axis=0).T, middle], axis=1)
        mean = float(distances.mean())
        values /= mean if mean > 0 else 1.0
        near: csr_matrix = (ways > 0).astype(np.float64) + identity(len(nodes))
        near = diags(1.0 / np.asarray(near.sum(1)).ravel()) @ near
        for _ in range(SMOOTHED):
            values = near @ values
        return cls(tree, values.astype(np.float32))

    def at(self, points: Floats) -> Singles:
        """The coordinates of the node that is nearest to each point, (q, WIDTH)."""
        return self.values[self.tree.query(points)[1]]


def ways_along(nodes: Doubles, tree: cKDTree) -> csr_matrix:
    """Distances between nodes that are neighbours on the surface, (n, n), symmetric.

    A way that leaves the tangent plane at either end leads from one part to another that it touches, as from a hand to
    the hip. Only nodes that nothing else joins with the rest are joined by such ways.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(nodes)
    lengths, around = k_nearest(tree, nodes, AROUND)
    normals = np.nan_to_num(plane_normals(nodes[around]))
    lengths, near = lengths[:, : NEAREST + 1], around[:, : NEAREST + 1]
    edges = nodes[near] - nodes[:, None]
    rise = np.maximum(
        np.abs(np.einsum("nki,ni->nk", edges, normals)), np.abs(np.einsum("nki,nki->nk", edges, normals[near]))
    )
    starts = np.broadcast_to(np.arange(count)[:, None], near.shape)

    def joined(chosen: np.ndarray) -> csr_matrix:
        ways = csr_matrix((lengths[chosen], (starts[chosen], near[chosen])), (count, count))
        return ways.maximum(ways.T)

    along = joined((rise < STEEPEST * lengths) & (lengths > 0))
    _, part = connected_components(along, directed=False)
    bridges = joined((part[starts] != part[near]) & (lengths > 0))
    ways: csr_matrix = along + bridges
    return ways
