"""All motions, in the order in which sequences use them."""

from __future__ import annotations

from collections.abc import Callable

from qaadcodec.synth.bodies.gaits import jumping_jack, kick, lunge, march, run, walk
from qaadcodec.synth.bodies.gestures import balance, bow, punch, reach_up, squat, throw, twist, wave
from qaadcodec.synth.bodies.phases import Pose

MOTIONS: tuple[Callable[[float], Pose], ...] = (
    walk,
    squat,
    jumping_jack,
    punch,
    reach_up,
    kick,
    run,
    wave,
    lunge,
    bow,
    twist,
    throw,
    march,
    balance,
)
"""Each gives the pose at a phase in radians, and is back at its start after 2π."""
