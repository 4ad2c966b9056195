"""A cloud of a set, by its number alone, so that a larger set begins with the clouds of a smaller one.

What all clouds of a kind share is modelled once in a process, which takes about a second; then a cloud takes
milliseconds.
"""

from __future__ import annotations

from numpy.random import default_rng  # now: a Ctrl-C in the middle of importing numpy.random is lost

from qaadcodec.arrays import Singles
from qaadcodec.errors import UsageError
from qaadcodec.synth import KINDS
from qaadcodec.synth.bodies.model import body_cloud
from qaadcodec.synth.skulls.model import skull_cloud


def make_cloud(kind: str, index: int, points: int, seed: int) -> Singles:
    """One cloud of a set, in metres; y is up, z forward, and x to the subject's left.

    Points are drawn independently and uniformly by area from the surface, anew for each cloud, so that there is no
    correspondence between clouds. Skulls have teeth and the inside of the braincase. Of bodies, 16 consecutive clouds
    are one cycle of a motion of one subject.

    Args:
        kind: one of KINDS.
        index: number of the cloud in the set, from 0.
        points: M.
        seed: chooses one of many sets of a kind, from 0.

    Returns:
        (M, 3) float32.

    Raises:
        UsageError: there is no such set, the index or the seed is negative, or there would be no points.
    """
    if kind not in KINDS:
        raise UsageError(f"there is no set called {kind!r}", hint=f"the sets are {' and '.join(KINDS)}")
    if index < 0 or seed < 0 or points < 1:
        raise UsageError(f"index {index}, seed {seed}, {points} points: index and seed start at 0, points at 1")
    rng = default_rng([seed, KINDS.index(kind), index])
    if kind == "skulls":
        return skull_cloud(points, rng)
    return body_cloud(index, points, seed, rng)
