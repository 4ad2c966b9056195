"""Procedural sets of point clouds of our own: any number, any size, no downloads.

`make_cloud` gives cloud `index` of a set, which depends on its arguments alone: a larger set begins with the clouds of
a smaller one. Templates are modelled once per process (about a second), then a cloud takes milliseconds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.random import default_rng  # now: a Ctrl-C in the middle of importing numpy.random is lost

from qaadcodec.errors import UsageError

SETS = ("skulls", "bodies")


def make_cloud(kind: str, index: int, points: int, seed: int) -> npt.NDArray[np.float32]:
    """Points (points, 3) float32 in metres, y up, z forward, x to the subject's left.

    They are drawn independently and uniformly by area from the surface, anew for each cloud, so that there is no
    correspondence between clouds. Skulls include the inside of the braincase and come with teeth; of bodies, 16
    consecutive indices are one cycle of a motion of one subject.

    Raises UsageError for an unknown kind, a negative index or seed, or fewer points than one.
    """
    if kind not in SETS:
        raise UsageError(f"there is no set called {kind!r}", hint=f"the sets are {' and '.join(SETS)}")
    if index < 0 or seed < 0 or points < 1:
        raise UsageError(f"index {index}, seed {seed}, {points} points: index and seed start at 0, points at 1")
    rng = default_rng([seed, SETS.index(kind), index])
    # Imported here because `qaad` itself must start fast.
    if kind == "skulls":
        from qaadcodec.synth.skulls.model import skull_cloud

        return skull_cloud(points, rng)
    from qaadcodec.synth.bodies.model import body_cloud

    return body_cloud(index, points, seed, rng)
