"""Subjects: the body template in builds of random proportions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Doubles, Singles
from qaadcodec.synth.bodies.skeleton import Skeleton
from qaadcodec.synth.bodies.template import BodyTemplate

CUT = 1.8


@dataclass(frozen=True, slots=True)
class Build:
    """Standardised proportions: each is about normal over a population, and 0 for the template.

    `broad` is positive for broad shoulders on narrow hips, and negative for wide hips under narrow shoulders.
    """

    height: float
    weight: float
    broad: float
    muscle: float
    legs: float


@dataclass(frozen=True, slots=True)
class Subject:
    """Rest vertices (V, 3) float32 and the skeleton that fits them, in metres."""

    vertices: Singles
    skeleton: Skeleton


def draw_build(rng: np.random.Generator) -> Build:
    """Independent normal proportions, cut at CUT standard deviations; broad subjects are taller on average."""
    z = np.clip(rng.standard_normal(5), -CUT, CUT)
    return Build(height=0.8 * z[0] + 0.5 * z[2], weight=z[1], broad=z[2], muscle=z[3], legs=z[4])


def shape_subject(template: BodyTemplate, build: Build) -> Subject:
    """Stretch the bones, each along and across itself, and add the soft parts.

    A joint follows the stretch of its parent, and a vertex follows its bones by weight:
    v' = Σ_b w_b (S_b (v - j_b) + j'_b).
    """
    skeleton = template.skeleton
    stretches = [_stretch(name.partition(".")[0], build) for name in skeleton.names]
    joints = np.empty_like(skeleton.joints)
    transforms = np.empty((len(joints), 3, 4))
    for b, (parent, joint) in enumerate(zip(skeleton.parents, skeleton.joints, strict=True)):
        joints[b] = joint if parent < 0 else joints[parent] + stretches[parent] @ (joint - skeleton.joints[parent])
        transforms[b, :, :3] = _mirrored(stretches[b], skeleton.names[b])
        transforms[b, :, 3] = joints[b] - transforms[b, :, :3] @ joint
    soft = template.mesh.vertices + _soft_parts(template.mesh.vertices, build)
    return Subject(blend_skin(soft, template.weights, transforms), Skeleton(skeleton.names, skeleton.parents, joints))


def blend_skin(vertices: Singles, weights: Singles, transforms: Doubles) -> Singles:
    """Linear blend skinning: vertices (V, 3) under the weighted mean of the bones' transforms (B, 3, 4)."""
    blended = weights @ transforms.astype(np.float32).reshape(len(transforms), 12)  # (V, 12)
    x, y, z = vertices.T
    rows = [blended[:, k] * x + blended[:, k + 1] * y + blended[:, k + 2] * z + blended[:, k + 3] for k in (0, 4, 8)]
    return np.stack(rows, 1)


def _stretch(bone: str, b: Build) -> Doubles:
    """Stretch (3, 3) of a bone of the left side, along the bone and across it, in the axes of the rest pose."""
    tall = 1 + 0.038 * b.height
    girth = tall**0.5 * (1 + 0.062 * b.weight)
    limb = girth * (1 + 0.03 * b.muscle)
    if bone == "head":
        size = 1 + 0.012 * b.height + 0.012 * b.broad
        return np.diag([size * (1 + 0.015 * b.weight), size, size])
    trunk = {
        "pelvis": (girth * (1 - 0.035 * b.broad), tall, girth),
        "spine": (girth * (1 + 0.015 * b.broad), tall, girth * (1 + 0.03 * b.weight)),
        "chest": (girth * (1 + 0.025 * b.broad + 0.01 * b.muscle), tall, girth * (1 + 0.015 * b.broad)),
        "neck": (limb * (1 + 0.03 * b.broad), tall, limb * (1 + 0.02 * b.broad)),
        "clavicle": (tall * (1 + 0.045 * b.broad + 0.01 * b.weight), tall, limb),
    }
    if bone in trunk:
        return np.diag(trunk[bone])
    if bone in ("thigh", "shin"):
        long, across = tall * (1 + 0.022 * b.legs), limb * (1 + (0.02 * b.weight if bone == "thigh" else 0))
        return np.diag([across, long, across])
    if bone in ("upper_arm", "forearm"):
        along = np.array([1.0, -1.0, 0.0]) / np.sqrt(2)
        across = limb * (1 + 0.025 * b.broad)
        return np.asarray(across * np.eye(3) + (tall - across) * np.outer(along, along))
    return np.eye(3) * tall * (1 + 0.01 * b.broad)  # hands and feet


def _mirrored(stretch: Doubles, name: str) -> Doubles:
    flip = np.diag([-1.0, 1.0, 1.0])
    return flip @ stretch @ flip if name.endswith(".R") else stretch


def _soft_parts(v: Singles, b: Build) -> Singles:
    """Belly, breasts, flanks and seat (metres), as bumps on the template's vertices."""

    def bump(x: float, y: float, z: float, wide: float, tall: float) -> Singles:
        square = ((np.abs(v[:, 0]) - x) / wide) ** 2 + ((v[:, 1] - y) / tall) ** 2 + ((v[:, 2] - z) / wide) ** 2
        return np.asarray(np.exp(-square / 2), dtype=np.float32)

    heavy, curved = max(0.0, b.weight), max(0.0, -b.broad)
    belly = (0.034 * heavy - 0.006 * max(0.0, -b.weight)) * bump(0, 1.06, 0.09, 0.095, 0.085)
    breasts = curved * (0.026 + 0.008 * b.weight) * bump(0.080, 1.305, 0.105, 0.038, 0.042)
    chest = max(0.0, b.broad) * max(0.0, b.muscle) * 0.008 * bump(0.075, 1.335, 0.09, 0.045, 0.040)
    seat = 0.012 * (b.weight + curved) * bump(0.075, 0.90, -0.13, 0.06, 0.07)
    flanks = (0.014 * heavy - 0.010 * curved) * bump(0.14, 1.09, 0, 0.06, 0.06)
    hips = 0.006 * curved * bump(0.16, 0.89, 0, 0.06, 0.08)
    out = np.zeros_like(v)
    out[:, 0] = np.sign(v[:, 0]) * (flanks + hips)
    out[:, 2] = belly + breasts + chest - seat
    return out
