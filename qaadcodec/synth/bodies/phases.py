"""The elements of motions: poses as joint angles, and waves over the phase of a cycle."""

from __future__ import annotations

import numpy as np

Pose = dict[str, float]
"""Joint angles in degrees (see `joint_angles.LIMITS`), and `up`, the height of a jump in metres; zero if left out."""

SIDES = ((".L", ".R", 0.0), (".R", ".L", np.pi))
"""A side, the other side, and what is added to the phase for this side where the two take turns."""


def both(**angles: float) -> Pose:
    """The same angles on both sides."""
    return {name + side: value for name, value in angles.items() for side in (".L", ".R")}


def swell(phase: float) -> float:
    """From 0 at phase 0 to 1 at phase π, smoothly, and back."""
    return float(1 - np.cos(phase)) / 2


def burst(phase: float) -> float:
    """The positive half of a sine wave, and 0 elsewhere."""
    return float(max(0.0, np.sin(phase)))
