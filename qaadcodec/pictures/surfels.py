"""Points as small discs that together look like the surface they were taken from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import pi, sqrt

import numpy as np

from qaadcodec.arrays import Doubles, Numbers
from qaadcodec.metrics.point_tree import PointTree
from qaadcodec.parallel import in_parallel

NEIGHBOURS = 14  # of which a plane is made, the point itself among them
TOLERANCE = 0.8  # spacings off a plane at which a neighbour counts a quarter
RADIUS = 1.5  # of a disc, spacings: what closes a flat surface where points lie at random
SMALLEST = 0.9  # where points lie on no plane, as on fingers that are about as thick as points are apart
FLAT, ROUND = 0.04, 0.14  # share of the least variance of a point's neighbours: up to this a plane, from this on none
STRAY = 1.5  # median radii of its neighbours that a disc reaches at most: a stray point is no large disc
CLOSEST = 8  # nearest points that tell how closely points lie
BLOCK = 4096  # points whose neighbours a thread holds at once
TINY = 1e-150  # its square is above zero


@dataclass(frozen=True, slots=True)
class Surfels:
    """Discs (surface elements; Pfister et al. 2000), one for each point.

    Attributes:
        centres: (M, 3); each point moved along its normal to the plane of its neighbours.
        normals: (M, 3) unit vectors, of either sign.
        radii: (M,), in the unit of the points; zero where many points coincide.
    """

    centres: Doubles
    normals: Doubles
    radii: Doubles

    def __len__(self) -> int:
        return len(self.radii)

    def __getitem__(self, rows: Numbers) -> Surfels:
        return Surfels(self.centres[rows], self.normals[rows], self.radii[rows])


def surfels_of(points: Doubles) -> Surfels:
    """The discs of a cloud, (M, 3) with M ≥ 1. O(M log M) time.

    The plane of a point is found by PCA of its nearest points (Hoppe et al. 1992, section 3.1), the nearer ones
    counting more. It is then found once more, with those that are off the first plane counting less, by the weight
    (t² / (d² + t²))² that belongs to the robust error of Geman and McClure (1987). So the two sides of a thin wall do
    not mix. To move a point to the plane is one step of the projection that defines a point set surface (Alexa et al.
    2003).
    """
    tree = PointTree.of(points)
    around = np.empty((len(tree), k := min(NEIGHBOURS, len(tree))), np.int64)
    found = Surfels(np.empty_like(tree.points), np.empty_like(tree.points), np.empty(len(tree)))

    def block(start: int) -> None:
        rows = slice(start, start + BLOCK)
        query = tree.tree.query(tree.points[rows], k=list(range(1, k + 1)))  # (b, k) twice, for k = 1 too
        distances, neighbours = np.asarray(query[0]), np.asarray(query[1])
        places = tree.points[neighbours] - tree.points[rows, None]  # (b, k, 3)
        reach = np.maximum(distances[:, -1:], TINY)  # (b, 1)
        spacing = reach * sqrt(pi / k)
        nearness = (1 - (distances / (1.1 * reach)) ** 2) ** 2
        normal, middle, thickness = plane(places, nearness)
        off = (places @ normal[..., None])[..., 0]
        normal, middle, _ = plane(places, nearness * (spacing**2 / (spacing**2 + (off / TOLERANCE) ** 2)) ** 2)
        around[rows] = neighbours
        found.centres[rows] = tree.points[rows] + (middle * normal).sum(axis=1)[:, None] * normal
        found.normals[rows] = normal
        radius = np.interp(thickness, (FLAT, ROUND), (RADIUS, SMALLEST))
        found.radii[rows] = radius * spacing[:, 0] * (distances[:, -1] > 0)

    in_parallel(block, range(0, len(tree), BLOCK))
    return replace(found, radii=np.minimum(found.radii, STRAY * np.median(found.radii[around], axis=1)))


def plane(places: Doubles, weights: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """The plane of k places with weights, for each of n points.

    Args:
        places: (n, k, 3).
        weights: (n, k), above zero in sum.

    Returns:
        The direction in which the places vary least, (n, 3); their mean, (n, 3); and the share of that least variance
        in that of all directions, (n,), which is 0 on a plane and 1/3 in a ball (surface variation; Pauly et al. 2002).
    """
    middle = (weights[..., None] * places).sum(axis=1) / weights.sum(axis=1)[:, None]
    spread = (places - middle[:, None]) * np.sqrt(weights)[..., None]
    spread /= np.maximum(np.abs(spread).max(axis=(1, 2), keepdims=True), TINY)  # squares neither vanish nor overflow
    variances, directions = np.linalg.eigh(spread.swapaxes(1, 2) @ spread)
    return directions[:, :, 0], middle, np.maximum(variances[:, 0], 0) / np.maximum(variances.sum(axis=1), TINY)


def spacings(points: Doubles) -> Doubles:
    """The distance between neighbours around each point of a cloud, (M,): √(area / points) of the nearest ones."""
    tree = PointTree.of(points)
    k = min(CLOSEST, len(tree))
    return np.asarray(tree.tree.query(tree.points, k=[k])[0])[:, 0] * sqrt(pi / k)
