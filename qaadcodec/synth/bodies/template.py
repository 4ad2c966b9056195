"""The body template: one closed surface, modelled at rest, and the weights that tie it to the skeleton."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Floats, Singles
from qaadcodec.synth.bodies import parts
from qaadcodec.synth.bodies.parts import Part
from qaadcodec.synth.bodies.skeleton import HALF, MIDDLE, Skeleton, rest_skeleton
from qaadcodec.synth.modelling.mesh import Mesh
from qaadcodec.synth.modelling.sculpture import FAR, Sculpture, graded_axis

# Width (mm) over which a bone takes over from its parent; 5 for bones left out.
TAKEOVER = {
    "spine": 60,
    "chest": 60,
    "neck": 40,
    "head": 26,
    "clavicle": 45,
    "upper_arm": 34,
    "forearm": 20,
    "hand": 14,
    "thigh": 44,
    "shin": 26,
    "foot": 18,
    "toes": 8,
}
MIDLINE = 55.0


@dataclass(frozen=True, slots=True)
class BodyTemplate:
    """Mesh in metres, skeleton with B bones, and weights (V, B) float32, which sum to one for each vertex."""

    mesh: Mesh
    skeleton: Skeleton
    weights: Singles


def body_template() -> BodyTemplate:
    """Model the body and skin it. Cost: about a second."""
    mesh = _sculpt()
    skeleton = rest_skeleton()
    weights = _skin_weights(mesh.vertices, skeleton)
    return BodyTemplate(Mesh(mesh.vertices / np.float32(1000), mesh.triangles), skeleton, weights)


def _all_parts() -> tuple[Part, ...]:
    return (
        *parts.TRUNK,
        *parts.HEAD,
        *parts.FACE,
        *parts.LEG,
        *parts.TOES,
        *parts.ARM,
        *parts.hand_parts(),
        *parts.finger_parts(),
    )


def _sculpt() -> Mesh:
    work = Sculpture(
        graded_axis(0, (115, 5.0), (190, 4.0), (540, 9.0), (720, 3.0)),
        graded_axis(-15, (40, 3.6), (890, 9.5), (1060, 3.0), (1535, 9.0), (1690, 4.0), (1775, 7.0)),
        graded_axis(-150, (-65, 9.0), (70, 3.6), (190, 4.5)),
        margin=20,
    )
    for part in (*parts.TRUNK, *parts.HEAD):
        work.add(part.solids, part.blend)
    work.carve(parts.FACE_HOLLOWS, 8)
    for part in parts.FACE:
        work.add(part.solids, part.blend)
    work.carve(parts.FACE_CREASES, 3)
    for part in (*parts.LEG, *parts.TOES, *parts.ARM, *parts.hand_parts(), *parts.finger_parts()):
        work.add(part.solids, part.blend)
    return work.mesh()


def _skin_weights(vertices: Singles, skeleton: Skeleton) -> Singles:
    """Share of each bone in each vertex, (V, B), found from the root outwards.

    A bone takes from its parent the share smoothstep(1/2 + (d_other - d_own) / (2 width)), where d_own is the distance
    to the solids of the bone and its descendants, and d_other the distance to all other solids. That is one half at the
    joint, and 0 or 1 a width away from it. Bones of a side get nothing at the middle of the body, so that both sides
    meet smoothly.
    """
    x, y, z = np.abs(vertices[:, 0]), vertices[:, 1], vertices[:, 2]
    distance = {bone: np.full(len(x), FAR, np.float32) for bone in HALF}
    for part in _all_parts():
        for solid in part.solids:
            distance[part.bone] = np.minimum(distance[part.bone], solid.distance(x, y, z))
    share = {"pelvis": np.ones(len(x), np.float32)}
    for bone, (parent, _) in HALF.items():
        if not parent:
            continue
        family = _family(bone)
        own = np.minimum.reduce([distance[b] for b in family])
        other = np.minimum.reduce([distance[b] for b in HALF if b not in family])
        taken = _smoothstep(0.5 + (other - own) / (2 * TAKEOVER.get(bone, 5)))
        if parent in MIDDLE and bone not in MIDDLE:
            taken *= _smoothstep(x / MIDLINE)
        share[bone] = share[parent] * taken
        share[parent] = share[parent] - share[bone]
    left = vertices[:, 0] >= 0
    weights = np.zeros((len(x), len(skeleton.names)), np.float32)
    for b, name in enumerate(skeleton.names):
        bone, _, side = name.partition(".")
        weights[:, b] = share[bone] * (left if side == "L" else ~left if side == "R" else 1)
    return weights


def _family(bone: str) -> set[str]:
    out = {bone}
    for name, (parent, _) in HALF.items():
        if parent in out:
            out.add(name)
    return out


def _smoothstep(t: Floats) -> Singles:
    s = np.clip(np.asarray(t, dtype=np.float32), 0, 1)
    return np.asarray(s * s * (3 - 2 * s), dtype=np.float32)
