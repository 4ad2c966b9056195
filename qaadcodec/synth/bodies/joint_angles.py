"""Joint angles, and the rotations of bones that they stand for.

Angles are anatomical and in degrees. They are zero for a body that stands straight with hanging arms, its palms at the
thighs.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Doubles
from qaadcodec.synth.bodies.skeleton import ALONG_HAND, FINGER_NODES, FINGERS, OUT_OF_PALM

Angles = Mapping[str, float]

MIRROR = np.diag([-1.0, 1.0, 1.0])
ARM_OUT = 45.0
"""Degrees by which the arms of the rest pose are lifted from hanging."""

LIMITS: dict[str, tuple[float, float]] = {
    "arm_lift": (-45, 172),
    "arm_plane": (-35, 130),
    "arm_out": (6, 40),
    "arm_turn": (-75, 75),
    "elbow": (3, 142),
    "forearm_turn": (-80, 80),
    "wrist": (-55, 65),
    "curl": (0, 88),
    "spread": (-4, 10),
    "thigh_lift": (-75, 115),
    "thigh_out": (-10, 45),
    "thigh_turn": (-20, 40),
    "knee": (0, 135),
    "ankle": (-38, 25),
    "toe": (0, 40),
    "bend": (-28, 65),
    "lean": (-30, 30),
    "twist": (-42, 42),
    "nod": (-38, 40),
    "tilt": (-25, 25),
    "look": (-60, 60),
    "pitch": (-25, 65),
    "roll": (-15, 15),
}
SIDED = (
    "arm_lift",
    "arm_plane",
    "arm_out",
    "arm_turn",
    "elbow",
    "forearm_turn",
    "wrist",
    "curl",
    "spread",
    "thigh_lift",
    "thigh_out",
    "thigh_turn",
    "knee",
    "ankle",
    "toe",
)
"""Angles that each side has, as `elbow.L` and `elbow.R`. Positive ones bend, lift, turn outwards, pull the toes up."""

ANGLES = tuple(name + side for name in LIMITS for side in ((".L", ".R") if name in SIDED else ("",)))


def rotation(axis: npt.ArrayLike, degrees: float) -> Doubles:
    """Rotation matrix (3, 3) about a direction (Rodrigues' formula)."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + s * k + (1 - c) * (k @ k))


def turn_x(degrees: float) -> Doubles:
    """Rotation about x; positive angles take up to forward."""
    return rotation((1, 0, 0), degrees)


def turn_y(degrees: float) -> Doubles:
    """Rotation about y; positive angles take forward to left."""
    return rotation((0, 1, 0), degrees)


def turn_z(degrees: float) -> Doubles:
    """Rotation about z; positive angles take left to up."""
    return rotation((0, 0, 1), degrees)


def local_rotations(angles: Angles) -> dict[str, Doubles]:
    """Rotation (3, 3) of each bone against its parent, in the axes of the rest pose; bones left out do not turn.

    Args:
        angles: every angle of ANGLES, and `yaw`, the heading.
    """
    trunk = turn_y(angles["twist"] / 2) @ turn_z(-angles["lean"] / 2) @ turn_x(angles["bend"] / 2)
    gaze = turn_y(angles["look"] / 2) @ turn_z(-angles["tilt"] / 2) @ turn_x(angles["nod"] / 2)
    upright = turn_x(angles["pitch"]) @ turn_z(angles["roll"])
    out = {"pelvis": turn_y(angles["yaw"]) @ upright, "spine": trunk, "chest": trunk, "neck": gaze, "head": gaze}
    for side in (".L", ".R"):
        own = {name: angles[name + side] for name in SIDED}
        leaning = upright if side == ".L" else MIRROR @ upright @ MIRROR
        for bone, turn in (_arm(own) | _hand(own) | _leg(own, leaning)).items():
            out[bone + side] = turn if side == ".L" else MIRROR @ turn @ MIRROR
    return out


def _arm(a: Angles) -> dict[str, Doubles]:
    """The upper arm is lifted in the vertical plane at `arm_plane` (0 sideways, 90 forward), then moved outwards."""
    shrug = turn_z(0.24 * max(0.0, a["arm_lift"] - 50)) @ turn_y(
        -0.12 * a["arm_plane"] * min(1.0, abs(a["arm_lift"]) / 60)
    )
    lift = turn_z(a["arm_out"]) @ turn_y(-a["arm_plane"]) @ turn_z(a["arm_lift"]) @ turn_y(a["arm_plane"])
    hinge = turn_z(ARM_OUT) @ np.array([1.0, 0.0, 0.0])
    return {
        "clavicle": shrug,
        "upper_arm": shrug.T @ lift @ turn_y(a["arm_turn"]) @ turn_z(-ARM_OUT),
        "forearm": rotation(hinge, -a["elbow"]) @ rotation(ALONG_HAND, a["forearm_turn"] / 2),
    }


def _hand(a: Angles) -> dict[str, Doubles]:
    flexion = np.cross(ALONG_HAND, OUT_OF_PALM)
    out = {"hand": rotation(flexion, a["wrist"]) @ rotation(ALONG_HAND, a["forearm_turn"] / 2)}
    for finger, fan in zip(FINGERS, (0.0, 1.0, 0.3, -0.4, -1.2), strict=True):
        nodes = np.array(FINGER_NODES[finger])
        for k, share in enumerate((0.9, 1.15, 0.7)):
            along = nodes[k + 1] - nodes[k]
            towards = OUT_OF_PALM if finger != "thumb" else OUT_OF_PALM - np.array([0.0, 0.0, 0.8])
            amount = a["curl"] * share * (0.5 if finger == "thumb" else 1.0)
            out[f"{finger}_{k + 1}"] = rotation(np.cross(along, towards), amount)
        out[f"{finger}_1"] = out[f"{finger}_1"] @ rotation(OUT_OF_PALM, -fan * a["spread"])
    return out


def _leg(a: Angles, leaning: Doubles) -> dict[str, Doubles]:
    """The thigh is turned against the ground, not against the leaning trunk."""
    thigh = turn_x(-a["thigh_lift"]) @ turn_z(a["thigh_out"]) @ turn_y(a["thigh_turn"])
    return {
        "thigh": leaning.T @ thigh,
        "shin": turn_x(a["knee"]),
        "foot": turn_x(-a["ankle"]),
        "toes": turn_x(-a["toe"]),
    }
