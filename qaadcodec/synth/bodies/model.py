"""Bodies in motion: consecutive clouds are the frames of a sequence, which shows one subject in one motion."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from qaadcodec.arrays import Singles
from qaadcodec.synth.bodies.joint_angles import ANGLES, LIMITS, local_rotations
from qaadcodec.synth.bodies.motions import MOTIONS
from qaadcodec.synth.bodies.phases import Pose
from qaadcodec.synth.bodies.skeleton import bone_transforms
from qaadcodec.synth.bodies.subjects import Subject, blend_skin, draw_build, shape_subject
from qaadcodec.synth.bodies.template import BodyTemplate, body_template
from qaadcodec.synth.modelling.mesh import sample_surface

SUBJECTS = 10
FRAMES = 16
"""Frames of a sequence; they are evenly spaced in time over one cycle of its motion."""

MIRRORED = ("lean", "twist", "tilt", "look", "roll", "yaw")
SWAY = {"curl": 7.0, "spread": 2.0, "look": 5.0, "nod": 3.0}  # degrees; 2 for other angles
SUBJECT_STREAM, SEQUENCE_STREAM, POPULATION_STREAM = 2, 3, 4
"""Each is the second number of a generator's seed; 0 and 1 are those of the clouds of skulls and bodies."""


def body_cloud(index: int, points: int, seed: int, rng: np.random.Generator) -> Singles:
    """Frame `index` % 16 of sequence `index` // 16 of the population of this seed, as points (points, 3) in metres."""
    sequence, frame = divmod(index, FRAMES)
    template = _template()
    return sample_surface(body_vertices(sequence, frame, seed), template.mesh.triangles, points, rng)


def body_vertices(sequence: int, frame: int, seed: int) -> Singles:
    """The template in a pose, (V, 3) in metres. Its lowest vertex is on the ground y = 0 or, in a jump, above it."""
    subject = _subject(sequence % SUBJECTS, seed)
    angles = joint_angles(sequence, frame, seed)
    transforms = bone_transforms(subject.skeleton, local_rotations(angles))
    vertices = blend_skin(subject.vertices, _template().weights, transforms)
    vertices[:, 1] += np.float32(angles["up"]) - vertices[:, 1].min()
    return vertices


def joint_angles(sequence: int, frame: int, seed: int) -> Pose:
    """Every angle of the skeleton in a frame, within its limits, and `yaw` in degrees and `up` in metres.

    Each sequence has a start, a side, a vigour, a heading and a slow sway of all joints of its own. Motions and
    subjects take turns: 70 sequences pass before a subject repeats a motion.
    """
    rng = np.random.default_rng([seed, SEQUENCE_STREAM, sequence])
    start, vigour, heading = rng.random(), rng.uniform(0.85, 1.1), rng.uniform(-25, 25)
    mirrored = rng.random() < 0.5
    amount, offset = rng.standard_normal(len(ANGLES)), rng.uniform(0, 2 * np.pi, len(ANGLES))
    first = np.random.default_rng([seed, POPULATION_STREAM]).integers(len(MOTIONS))
    motion = MOTIONS[(int(first) + sequence) % len(MOTIONS)]
    phase = 2 * np.pi * (start + frame / FRAMES)
    pose = motion(phase)
    if mirrored:
        pose = _mirror(pose)
    out = {"yaw": heading + pose.get("yaw", 0.0), "up": vigour * pose.get("up", 0.0)}
    for name, much, shift in zip(ANGLES, amount, offset, strict=True):
        kind = name.partition(".")[0]
        angle = vigour * pose.get(name, 0.0) if kind != "arm_plane" else pose.get(name, 0.0)
        sway = SWAY.get(kind, 2.0) * much * np.sin(phase + shift)
        out[name] = float(np.clip(angle + sway, *LIMITS[kind]))
    return out


def _mirror(pose: Pose) -> Pose:
    swap = {"L": "R", "R": "L"}
    out = {}
    for name, value in pose.items():
        kind, _, side = name.partition(".")
        out[f"{kind}.{swap[side]}" if side else kind] = -value if kind in MIRRORED else value
    return out


@cache
def _template() -> BodyTemplate:
    return body_template()


@lru_cache(maxsize=2 * SUBJECTS)
def _subject(number: int, seed: int) -> Subject:
    return shape_subject(_template(), draw_build(np.random.default_rng([seed, SUBJECT_STREAM, number])))
