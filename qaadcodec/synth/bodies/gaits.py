"""Motions that the legs lead. One cycle is a phase of 2π."""

from __future__ import annotations

import numpy as np

from qaadcodec.synth.bodies.phases import SIDES, Pose, both, burst, swell


def walk(p: float) -> Pose:
    """One stride of each leg, while the arms swing against the legs."""
    out = {"twist": 7 * np.sin(p), "roll": 2 * np.cos(p), "bend": 2.0}
    for side, _, shift in SIDES:
        q = p + shift
        out |= {
            "thigh_lift" + side: 4 + 26 * np.sin(q),
            "knee" + side: 7 + 52 * burst(q + 2.0) ** 1.5,
            "ankle" + side: 9 * np.sin(q + 1.9),
            "toe" + side: 24 * burst(q + np.pi),
            "arm_lift" + side: -25 * np.sin(q) + 4,
            "arm_plane" + side: 88,
            "arm_out" + side: 12,
            "elbow" + side: 22 - 14 * np.sin(q),
            "curl" + side: 26,
        }
    return out


def run(p: float) -> Pose:
    """Two strides with bent elbows, and a flight after each push."""
    out = {"twist": 13 * np.sin(p), "pitch": 8, "nod": -6, "up": 0.06 * abs(np.sin(p))}
    for side, _, shift in SIDES:
        q = p + shift
        out |= {
            "thigh_lift" + side: 26 + 46 * np.sin(q),
            "knee" + side: 28 + 82 * burst(q + 0.9),
            "ankle" + side: -10 + 14 * np.sin(q),
            "arm_lift" + side: -46 * np.sin(q) + 4,
            "arm_plane" + side: 88,
            "arm_out" + side: 12,
            "elbow" + side: 96,
            "curl" + side: 74,
        }
    return out


def march(p: float) -> Pose:
    """The knees are lifted to the hip in turn, with the opposite arm forward."""
    out: Pose = {"bend": 3.0}
    for side, other, shift in SIDES:
        u = burst(p + shift)
        out |= {
            "thigh_lift" + side: 96 * u,
            "knee" + side: 4 + 98 * u,
            "ankle" + side: -16 * u,
            "arm_lift" + other: 8 + 62 * u,
            "arm_plane" + other: 88,
            "arm_out" + other: 12,
            "elbow" + other: 16 + 62 * u,
            "curl" + other: 55,
        }
    return out


def kick(p: float) -> Pose:
    """The right leg swings from behind up to the front."""
    u = swell(p)
    return both(arm_plane=20, elbow=24, curl=35, arm_lift=34) | {
        "thigh_lift.R": -26 + 112 * u,
        "knee.R": 58 * (1 - u) ** 1.5 + 4,
        "ankle.R": -22 * u,
        "thigh_lift.L": 5,
        "knee.L": 13,
        "ankle.L": 7,
        "pitch": -9 * u,
        "twist": -16 + 28 * u,
        "arm_lift.L": 30 + 40 * u,
        "arm_plane.L": 70,
        "nod": 10 * u,
    }


def lunge(p: float) -> Pose:
    """A long step forward and down on the left leg, and back."""
    u = swell(p)
    return both(arm_lift=14 + 50 * u, arm_plane=8, elbow=10, curl=12) | {
        "thigh_lift.L": 82 * u,
        "knee.L": 88 * u,
        "ankle.L": 8 * u,
        "thigh_lift.R": -28 * u,
        "knee.R": 62 * u,
        "ankle.R": 12 * u,
        "toe.R": 38 * u,
        "bend": 5 * u,
    }


def jumping_jack(p: float) -> Pose:
    """Legs apart and arms overhead in a hop, then together in another."""
    u, hop = swell(p), abs(float(np.sin(p)))
    return {"up": 0.11 * hop} | both(
        arm_lift=14 + 146 * u,
        arm_plane=4,
        elbow=10,
        thigh_out=2 + 24 * u,
        thigh_lift=3 + 8 * hop,
        knee=5 + 18 * hop,
        ankle=-16 * hop,
        curl=10,
        spread=5,
    )
