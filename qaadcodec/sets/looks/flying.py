"""Flying points: a few that lie far off all others of their cloud, and blow up the box that a set is learnt in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from qaadcodec.arrays import Doubles, Floats
from qaadcodec.sets.looks.finding import Finding, named, plural, some_of

FEWEST = 100  # points of a cloud in which one can be told from the shape
MOST = 0.01  # of the points of a cloud: more are a part of it
FAR = 5.0  # radii from the centre, at least; the radius is what nine in ten points keep within
GAP = 2.0  # times as far off as the outermost of all others


class Flying(NamedTuple):
    """Flying points of a cloud.

    Attributes:
        points: how many there are.
        farthest: how many radii the farthest of them is from the centre.
    """

    points: int = 0
    farthest: float = 0.0


NONE = Flying()


def flying_points(points: Floats, drawn: Doubles) -> Flying:
    """Count the flying points of a cloud (M, 3).

    Centre and radius are the median and the 0.9 quantile of distances from it, of the points that were drawn. Beyond
    FAR radii, points fly from the first gap on over which the distance from the centre doubles. So a long tail, an arm
    or an aerial is none, as long as it is sampled.

    Args:
        drawn: some of the points, at random, (n, 3).
    """
    if len(points) < FEWEST:
        return NONE
    centre = np.median(drawn, axis=0)
    radius = float(np.quantile(np.sqrt(np.square(drawn - centre).sum(1)), 0.9))
    corner = np.maximum(np.abs(points.max(0) - centre), np.abs(points.min(0) - centre))
    if radius == 0 or float(np.sqrt(np.square(corner).sum())) <= FAR * radius:
        return NONE  # most clouds are done with by their box
    distances = np.sqrt(np.square(points - centre).sum(1)) / radius
    most = max(1, int(MOST * len(points)))
    outer = np.sort(np.partition(distances, len(points) - most - 1)[-most - 1 :])  # one more, which does not fly
    jumps = np.flatnonzero((outer[1:] > FAR) & (outer[1:] > GAP * outer[:-1]))
    return Flying(most - int(jumps[0]), float(outer[-1])) if len(jumps) else NONE


def flying(paths: Sequence[str], each: Sequence[Flying]) -> Finding | None:
    """What to say of the clouds that have flying points; the number of each is how many."""
    odd = sorted((i for i in range(len(each)) if each[i].points), key=lambda i: -each[i].farthest)
    if not odd:
        return None
    worst, total = each[odd[0]], sum(each[i].points for i in odd)
    points = f"{total} point{'s' * (total > 1)}"
    which = named([paths[i] for i in odd])
    whose = f"up to {worst.farthest:.3g} times as far from the centre as the rest of the cloud reaches: {which}"
    return Finding(
        "flying",
        f"{some_of(len(odd), len(each))} {plural(len(odd), 'has', 'have')} {points} that "
        f"{plural(total, 'flies', 'fly')} far off, {whose}",
        f"remove {plural(total, 'it', 'them')}: the whole set is learnt in the box that "
        f"{plural(total, 'it takes', 'they take')}",
        tuple((paths[i], each[i].points) for i in odd),
    )
