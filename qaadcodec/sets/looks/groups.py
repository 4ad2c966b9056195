"""Groups of clouds whose shapes follow each other without a gap, by the numbers that glimpses have of them."""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Doubles, Indices, Singles

LEADERS = 256  # clouds that are linked; the others belong to the nearest of them
LEAST_GAP = 0.04  # of two shapes: samplings of one shape, dense here or there, come as far apart
WIDE = 2.0  # times the median distance of a shape to the nearest other one


def groups(shapes: Singles) -> list[Indices]:
    """The groups, the largest first, and of equal ones that with the first cloud; the clouds of each in order.

    Single linkage: two clouds belong together if steps from cloud to cloud lead from one to the other, none of them
    wider than a gap. Of more than LEADERS clouds it links so many, each the farthest from those before it, so that the
    cost is linear in N; then steps are as wide as these lie apart.

    Args:
        shapes: `Glimpse.shape` of each cloud, (N, c).
    """
    from scipy.sparse.csgraph import connected_components

    leaders, leader_of, reach = spread_out(shapes)
    apart = distances(shapes[leaders], shapes[leaders])
    gap = max(LEAST_GAP, WIDE * usual_step(shapes), 2 * reach)
    linked = connected_components(apart <= gap, directed=False)[1][leader_of]  # (N,)
    found = [np.flatnonzero(linked == group) for group in np.unique(linked)]
    return sorted(found, key=lambda group: (-len(group), group[0]))


def spread_out(shapes: Singles) -> tuple[Indices, Indices, float]:
    """LEADERS of the clouds or all, the row of the leader nearest to each, (N,), and the greatest distance to it."""
    leaders, nearest = [0], np.zeros(len(shapes), np.intp)
    gaps = np.sqrt(np.square(shapes - shapes[0]).sum(1))
    while len(leaders) < min(LEADERS, len(shapes)) and gaps.max() > 0:
        leaders.append(int(gaps.argmax()))
        now = np.sqrt(np.square(shapes - shapes[leaders[-1]]).sum(1))
        nearest[now < gaps] = len(leaders) - 1
        gaps = np.minimum(gaps, now)
    return np.array(leaders), nearest, float(gaps.max())


def usual_step(shapes: Singles) -> float:
    """The median distance to the nearest other one, among LEADERS of the clouds that are evenly spread over the set."""
    some = shapes[np.unique(np.linspace(0, len(shapes) - 1, LEADERS).round().astype(int))]
    apart = distances(some, some)
    np.fill_diagonal(apart, np.inf)
    return float(np.median(apart.min(1)))


def distances(a: Singles, b: Singles) -> Doubles:
    """Euclidean distances between rows, (n, m)."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(a, b))
