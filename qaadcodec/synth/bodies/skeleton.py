"""The skeleton of the body template: its joints at rest, and how bones carry each other.

At rest the body stands and faces +z, with x to the subject's left and y up. Its arms are 45 degrees out from the sides,
and its thumbs point forward.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Doubles

Point = tuple[float, float, float]

ALONG_HAND = np.array([1.0, -1.0, 0.0]) / np.sqrt(2)
OUT_OF_PALM = np.array([-1.0, -1.0, 0.0]) / np.sqrt(2)
WRIST = np.array([553.0, 1042.0, -8.0])
FINGERS = ("thumb", "index", "middle", "ring", "little")


def in_hand(along: float, across: float, out: float = 0.0) -> Point:
    """A place (mm) by its way from the wrist: towards the fingertips, towards the thumb, out of the palm."""
    x, y, z = WRIST + along * ALONG_HAND + across * np.array([0.0, 0.0, 1.0]) + out * OUT_OF_PALM
    return (float(x), float(y), float(z))


# Joints and tip of each finger, given as (along, across, out) in millimetres from the wrist.
FINGER_NODES: dict[str, tuple[Point, ...]] = {
    "thumb": tuple(in_hand(*p) for p in ((24, 24, 8), (58, 50, 15), (86, 65, 18), (108, 74, 18))),
    "index": tuple(in_hand(*p) for p in ((93, 29, 0), (134, 37, 2), (158, 41, 4), (178, 44, 6))),
    "middle": tuple(in_hand(*p) for p in ((97, 9, -1), (142, 12, 1), (170, 13, 3), (191, 14, 5))),
    "ring": tuple(in_hand(*p) for p in ((92, -11, 0), (133, -15, 2), (159, -18, 4), (180, -20, 6))),
    "little": tuple(in_hand(*p) for p in ((82, -29, 2), (113, -38, 4), (133, -44, 6), (150, -48, 8))),
}

# Parent and joint (mm) of each bone of the trunk and of the left side, parents first.
HALF: dict[str, tuple[str, Point]] = {
    "pelvis": ("", (0, 960, 0)),
    "spine": ("pelvis", (0, 1035, -15)),
    "chest": ("spine", (0, 1190, -20)),
    "neck": ("chest", (0, 1475, -28)),
    "head": ("neck", (0, 1560, -5)),
    "clavicle": ("chest", (25, 1430, 5)),
    "upper_arm": ("clavicle", (172, 1422, -18)),
    "forearm": ("upper_arm", (372, 1222, -24)),
    "hand": ("forearm", (float(WRIST[0]), float(WRIST[1]), float(WRIST[2]))),
    **{
        f"{finger}_{k + 1}": (f"{finger}_{k}" if k else "hand", FINGER_NODES[finger][k])
        for finger in FINGERS
        for k in range(3)
    },
    "thigh": ("pelvis", (92, 920, -2)),
    "shin": ("thigh", (112, 498, 2)),
    "foot": ("shin", (128, 88, -22)),
    "toes": ("foot", (138, 24, 112)),
}
MIDDLE = ("pelvis", "spine", "chest", "neck", "head")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Bones, parents first: their names, the index of each parent (-1 for the root), and their joints (B, 3)."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    joints: Doubles


def rest_skeleton() -> Skeleton:
    """The whole skeleton at rest, in metres. Bones of a side have names such as `hand.L` and `hand.R`."""
    names, parents, joints = [], [], []
    for side, sign in (("", 1), (".L", 1), (".R", -1)):
        for bone, (parent, place) in HALF.items():
            if (bone in MIDDLE) == (side == ""):
                names.append(bone + side)
                parents.append("" if not parent else parent if parent in MIDDLE else parent + side)
                joints.append((sign * place[0] / 1000, place[1] / 1000, place[2] / 1000))
    return Skeleton(tuple(names), tuple(names.index(p) if p else -1 for p in parents), np.array(joints))


def bone_transforms(skeleton: Skeleton, turns: Mapping[str, Doubles]) -> Doubles:
    """Transforms (B, 3, 4) of each bone, from coordinates at rest to coordinates in a pose: x → R x + t.

    Args:
        skeleton: at rest.
        turns: rotation (3, 3) of each bone against its parent; bones left out do not turn.
    """
    out = np.empty((len(skeleton.names), 3, 4))
    places = np.empty((len(skeleton.names), 3))
    for b, (name, parent, joint) in enumerate(zip(skeleton.names, skeleton.parents, skeleton.joints, strict=True)):
        turn = turns.get(name, np.eye(3))
        if parent >= 0:
            places[b] = places[parent] + out[parent, :, :3] @ (joint - skeleton.joints[parent])
            turn = out[parent, :, :3] @ turn
        else:
            places[b] = joint
        out[b, :, :3] = turn
        out[b, :, 3] = places[b] - turn @ joint
    return out
