"""The solids that the left half of the body template is modelled from, bone by bone.

They are in millimetres, with axes as in `skeleton`. The template is an adult of 1.75 m, with proportions estimated by
eye.
"""

from __future__ import annotations

from dataclasses import dataclass

from qaadcodec.synth.bodies.skeleton import FINGER_NODES, FINGERS, OUT_OF_PALM, in_hand
from qaadcodec.synth.modelling.distance_fields import Ellipsoid, Solid, Tube

PALM_NORMAL = (float(OUT_OF_PALM[0]), float(OUT_OF_PALM[1]), float(OUT_OF_PALM[2]))


@dataclass(frozen=True, slots=True)
class Part:
    """Solids that belong to one bone, and the width over which they blend into what is there already."""

    bone: str
    blend: float
    solids: tuple[Solid, ...]


TRUNK = (
    Part("pelvis", 60, (Ellipsoid((0, 960, -8), (150, 104, 98)), Ellipsoid((70, 900, -62), (82, 82, 66)))),
    Part("pelvis", 40, (Ellipsoid((0, 880, 15), (60, 55, 62)),)),
    Part("spine", 70, (Ellipsoid((0, 1085, -4), (136, 130, 92)),)),
    Part("chest", 60, (Ellipsoid((0, 1275, -20), (150, 175, 108)), Ellipsoid((95, 1300, -50), (62, 120, 62)))),
    Part("chest", 40, (Ellipsoid((72, 1335, 52), (72, 56, 40)), Ellipsoid((75, 1385, -62), (70, 70, 40)))),
    Part("clavicle", 40, (Tube([(10, 1430, -12), (150, 1428, -20)], [52, 50]),)),
    Part("clavicle", 40, (Tube([(28, 1490, -36), (125, 1448, -30)], [34, 32]),)),
    Part("neck", 35, (Tube([(0, 1440, -28), (0, 1500, -18), (0, 1570, -4)], [62, 56, 55]),)),
    Part("neck", 12, (Tube([(14, 1445, 28), (52, 1570, 0)], [9, 12]),)),
)

HEAD = (
    Part("head", 30, (Ellipsoid((0, 1672, -8), (75, 84, 96)), Ellipsoid((0, 1618, 38), (58, 84, 60)))),
    Part(
        "head",
        18,
        (Tube([(56, 1612, 14), (48, 1572, 32), (18, 1552, 76)], [16, 15, 15]), Ellipsoid((0, 1550, 84), (17, 14, 13))),
    ),
    Part(
        "head",
        14,
        (Tube([(8, 1659, 94), (30, 1664, 90), (52, 1656, 72)], [8, 8, 7]), Ellipsoid((44, 1618, 68), (20, 16, 18))),
    ),
)
FACE_HOLLOWS: tuple[Solid, ...] = (Ellipsoid((31, 1642, 106), (17, 11, 18)),)
FACE = (
    Part("head", 3, (Ellipsoid((31, 1642, 81), (13, 10, 13)),)),
    Part("head", 8, (Tube([(0, 1648, 95), (0, 1612, 116)], [7, 9]), Ellipsoid((10, 1606, 104), (8, 7, 9)))),
    Part("head", 5, (Ellipsoid((6, 1581, 94), (18, 5.5, 10)), Ellipsoid((0, 1570, 93), (19, 6.5, 10)))),
    Part("head", 6, (Ellipsoid((76, 1632, -6), (9, 32, 19), -14),)),
)
FACE_CREASES: tuple[Solid, ...] = (
    Tube([(0, 1575.5, 106), (22, 1574, 96)], [2.6, 2.0]),
    Ellipsoid((86, 1634, -3), (6, 18, 9), -14),
)

LEG = (
    Part("thigh", 42, (Tube([(90, 905, -5), (99, 740, 4), (111, 520, 4)], [84, 76, 54]),)),
    Part("thigh", 28, (Ellipsoid((104, 690, 34), (58, 150, 50)), Ellipsoid((96, 700, -34), (58, 140, 46)))),
    Part("shin", 14, (Tube([(112, 505, 2), (119, 330, -8), (127, 110, -22)], [51, 46, 33]),)),
    Part("shin", 35, (Ellipsoid((113, 372, -36), (51, 105, 44)),)),
    Part("shin", 18, (Ellipsoid((112, 505, 34), (33, 36, 26)), Ellipsoid((112, 452, 32), (20, 34, 20)))),
    Part("foot", 22, (Tube([(127, 105, -24), (127, 60, -30)], [35, 36]), Ellipsoid((127, 38, -48), (32, 38, 36)))),
    Part("foot", 12, (Ellipsoid((159, 88, -20), (9, 13, 13)), Ellipsoid((97, 94, -16), (9, 13, 13)))),
    Part("foot", 28, (Tube([(128, 72, -5), (134, 44, 60), (138, 30, 112)], [34, 33, 26], (0, 1, 0), 1.15),)),
    Part(
        "foot",
        20,
        (
            Tube([(150, 26, -30), (160, 20, 60), (158, 18, 108)], [24, 20, 17]),
            Tube([(116, 24, 96), (124, 24, 118)], [22, 18]),
        ),
    ),
)
TOES = (
    Part("toes", 9, (Tube([(118, 22, 112), (117, 17, 160)], [17, 14.5]),)),
    Part("toes", 8, (Tube([(135, 21, 116), (136, 22, 145), (136, 13, 163)], [12, 10, 10]),)),
    Part("toes", 8, (Tube([(150, 19, 112), (153, 20, 138), (153, 12, 154)], [11.5, 9.5, 9.5]),)),
    Part("toes", 8, (Tube([(163, 17, 106), (168, 18, 128), (168, 11, 143)], [11, 9, 9]),)),
    Part("toes", 8, (Tube([(174, 15, 96), (181, 15, 114), (182, 10, 127)], [11, 9, 8.5]),)),
)

ARM = (
    Part(
        "upper_arm",
        38,
        (
            Ellipsoid((186, 1400, -18), (48, 58, 52)),
            Tube([(176, 1414, -18), (230, 1362, -18), (368, 1226, -24)], [50, 46, 38]),
        ),
    ),
    Part("upper_arm", 16, (Tube([(236, 1350, -2), (290, 1296, 4), (352, 1240, -10)], [30, 35, 26]),)),
    Part("upper_arm", 16, (Tube([(226, 1362, -38), (282, 1306, -44), (350, 1242, -36)], [30, 32, 24]),)),
    Part(
        "forearm", 14, (Tube([(370, 1224, -24), (412, 1182, -20), (548, 1047, -8)], [39, 41, 25], PALM_NORMAL, 1.12),)
    ),
)


def hand_parts() -> tuple[Part, ...]:
    """Wrist, palm, and ball of the thumb."""
    palm: list[Solid] = [Tube([in_hand(-14, 0), in_hand(14, 0)], [27, 29], PALM_NORMAL, 1.45)]
    for finger in FINGERS[1:]:
        across = FINGER_NODES[finger][0][2] + 8
        palm.append(Tube([in_hand(14, 0.5 * across), FINGER_NODES[finger][0]], [14, 12.5]))
    thumb_ball = Tube([in_hand(16, 14, 8), in_hand(50, 40, 14)], [17, 14])
    heel = Tube([in_hand(18, -16, 6), in_hand(60, -26, 6)], [14, 12])
    return (Part("hand", 10, (*palm,)), Part("hand", 12, (thumb_ball, heel)))


def finger_parts() -> tuple[Part, ...]:
    """One part for each phalanx, with a narrow blend, so that neighbouring fingers never flow into each other."""
    radii = {"thumb": (13.5, 11.5, 10.5, 8.0), "little": (8.6, 7.6, 7.0, 5.8)}
    out = []
    for finger in FINGERS:
        nodes, r = FINGER_NODES[finger], radii.get(finger, (10.0, 9.0, 8.2, 6.6))
        out += [Part(f"{finger}_{k + 1}", 3, (Tube(nodes[k : k + 2], r[k : k + 2]),)) for k in range(3)]
    return tuple(out)
