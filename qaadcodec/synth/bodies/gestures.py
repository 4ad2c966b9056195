"""Motions on the spot that arms and trunk lead. One cycle is a phase of 2π."""

from __future__ import annotations

import numpy as np

from qaadcodec.synth.bodies.phases import SIDES, Pose, both, burst, swell


def squat(p: float) -> Pose:
    """Down with the arms held forward, and up."""
    u = swell(p)
    return {"pitch": 36 * u, "bend": 10 * u, "nod": -24 * u} | both(
        thigh_lift=98 * u,
        knee=106 * u,
        ankle=16 * u,
        thigh_out=5 + 11 * u,
        thigh_turn=6 + 16 * u,
        arm_lift=12 + 76 * u,
        arm_plane=76,
        elbow=6,
        curl=10,
    )


def punch(p: float) -> Pose:
    """Boxing: straight punches, left and right, out of a guard."""
    out = {"twist": -28 * np.sin(p), "bend": 8, "yaw": -14, "nod": 6, "look": 16 * np.sin(p)}
    out |= {
        "thigh_lift.L": 28,
        "thigh_lift.R": -10,
        "knee.L": 32,
        "knee.R": 26,
        "ankle.L": 5,
        "ankle.R": 18,
        "thigh_turn.R": 24,
    }
    for side, _, shift in SIDES:
        u = burst(p + shift)
        out |= {
            "arm_lift" + side: 40 + 48 * u,
            "arm_plane" + side: 74 + 14 * u,
            "elbow" + side: 126 - 118 * u,
            "forearm_turn" + side: 65 * u,
            "curl" + side: 88,
            "thigh_out" + side: 9,
        }
    return out


def reach_up(p: float) -> Pose:
    """The hands reach overhead one after the other, on tiptoe."""
    u, v = swell(p), swell(p + 1.1)
    return {"bend": -9 * u, "nod": -26 * u, "lean": 9 * (u - v), "arm_lift.L": 165 * u, "arm_lift.R": 165 * v} | both(
        arm_plane=78, elbow=22 * (1 - u), curl=6, ankle=-26 * u, toe=26 * u, spread=4, thigh_out=3
    )


def wave(p: float) -> Pose:
    """The right hand greets; its forearm swings twice in a cycle."""
    return {
        "arm_lift.R": 112,
        "arm_plane.R": 12,
        "arm_turn.R": 74,
        "elbow.R": 72 + 26 * np.sin(2 * p),
        "wrist.R": -14 * np.sin(2 * p),
        "spread.R": 9,
        "curl.R": 3,
        "arm_lift.L": 12,
        "elbow.L": 14,
        "curl.L": 22,
        "lean": 4 * np.sin(p),
        "look": -14,
        "tilt": 7 * np.sin(p),
        "thigh_out.L": 4,
        "thigh_out.R": 4,
        "thigh_lift.L": 5,
        "knee.L": 10,
        "ankle.L": 4,
    }


def bow(p: float) -> Pose:
    """The trunk goes down until the hands come near the floor, and up."""
    u = swell(p)
    return {"pitch": 46 * u, "bend": 46 * u, "nod": 14 * u} | both(
        arm_lift=8 + 84 * u, arm_plane=86, elbow=6, curl=8, knee=4 + 10 * u, ankle=-2 * u, thigh_out=3
    )


def twist(p: float) -> Pose:
    """The trunk turns left and right between spread arms."""
    return both(arm_lift=86, arm_plane=6, elbow=7, curl=6, thigh_out=12, knee=5) | {
        "twist": 40 * np.sin(p),
        "look": 26 * np.sin(p),
        "lean": 13 * np.sin(2 * p),
        "bend": 8 - 8 * np.cos(p),
    }


def throw(p: float) -> Pose:
    """The right arm is drawn back to the head, and thrown forward over a step of the left leg."""
    u, back = swell(p), burst(p + np.pi)
    return {
        "arm_lift.R": 84 + 22 * u,
        "arm_plane.R": -22 + 118 * u,
        "arm_turn.R": 72 - 60 * u,
        "elbow.R": 100 - 84 * u,
        "curl.R": 58 - 40 * u,
        "wrist.R": -30 + 70 * u,
        "arm_lift.L": 76 - 56 * u,
        "arm_plane.L": 78,
        "elbow.L": 12 + 40 * u,
        "curl.L": 20,
        "twist": -34 + 64 * u,
        "bend": 14 * u,
        "thigh_lift.L": 16 + 24 * u,
        "knee.L": 16 + 26 * u,
        "ankle.L": 6 + 6 * u,
        "thigh_lift.R": -6 - 18 * u,
        "knee.R": 18 + 14 * u,
        "toe.R": 30 * u,
        "look": 14 - 26 * u,
        "thigh_out.R": 8,
        "pitch": -6 * back,
    }


def balance(p: float) -> Pose:
    """The body stands on the left leg, with trunk and right leg level and the arms spread."""
    u = 0.75 + 0.25 * swell(p)
    return both(arm_lift=88 + 6 * np.sin(p), arm_plane=4, elbow=5, curl=3, spread=5) | {
        "pitch": 62 * u,
        "bend": -12 * u,
        "nod": -34 * u,
        "thigh_lift.R": -70 * u,
        "thigh_lift.L": 2,
        "knee.L": 8,
        "knee.R": 6,
        "ankle.R": -32,
        "ankle.L": 4,
        "roll": 2 * np.sin(p),
    }
