"""What motions are made of: poses as joint angles, and waves over the phase of a cycle."""

from __future__ import annotations

import numpy as np

Pose = dict[str, float]
"""Joint angles in degrees (see `joint_angles.LIMITS`), the lift-off `up` in metres; what is left out is zero."""

SIDES = ((".L", ".R", 0.0), (".R", ".L", np.pi))
"""A side, the other one, and the phase by which it comes later where sides alternate."""


def both(**angles: float) -> Pose:
    """The same angles on both sides."""
    return {name + side: value for name, value in angles.items() for side in (".L", ".R")}


def swell(phase: float) -> float:
    """0 at phase 0, 1 at pi, smoothly there and back."""
    return float(1 - np.cos(phase)) / 2


def burst(phase: float) -> float:
    """The positive half wave."""
    return float(max(0.0, np.sin(phase)))
