"""Skulls: one template under a multilinear model of 42 dimensions, v = diag(1 + s) (v0 + sum_k w_k B_k).

There are three scales s, and 39 weights w of smooth displacement fields B_k. Of these, 36 move the surroundings of
landmarks: four landmarks on the midline, and four of each side, both sides alike or against each other. The other three
open the jaw, swing it to the side, and change the thickness of the vault.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from qaadcodec.arrays import Doubles, Mask, Singles
from qaadcodec.synth.modelling.mesh import Mesh, sample_surface
from qaadcodec.synth.skulls.cranium import cranium, depth_in_vault
from qaadcodec.synth.skulls.mandible import CONDYLE, mandible
from qaadcodec.synth.skulls.teeth import LOWER_ARCH, UPPER_ARCH, teeth

DIMENSIONS = 42
CUT = 2.5
"""Parameters are drawn from normal distributions that are cut at so many standard deviations."""

# Landmarks in millimetres, axes as in `cranium`. A field falls off as a Gaussian of standard deviation WIDTH.
MIDLINE = {"bregma": (0, 112, 10), "inion": (0, 12, -96), "nasion": (0, 32, 90), "pogonion": (0, -86, 92)}
PAIRED = {"euryon": (68, 58, -28), "zygion": (62, -5, 38), "gonion": (48, -62, 24), "canine": (20, -34, 84)}
WIDTH = 40.0

SCALE = 0.035
ALIKE, AGAINST = 3.6, 1.1  # millimetres
OPENING, SWING, THICKNESS = 0.075, 0.012, 0.9  # radians, radians, millimetres


@dataclass(frozen=True, slots=True)
class SkullModel:
    """Template in millimetres, fields B (39, 3 V), and the standard deviation of each of the 42 parameters."""

    template: Mesh
    fields: Singles
    deviations: Doubles

    def vertices(self, parameters: Doubles) -> Singles:
        """Vertices (V, 3) in metres, for parameters (42,): three scales, then 39 weights."""
        weights = parameters[3:].astype(np.float32)
        moved = self.template.vertices + (weights @ self.fields).reshape(-1, 3)
        return np.asarray(moved * ((1 + parameters[:3]) / 1000).astype(np.float32), dtype=np.float32)

    def draw(self, rng: np.random.Generator) -> Doubles:
        """Random parameters (42,). The jaw opens or stays, and never closes further."""
        z = rng.standard_normal(DIMENSIONS)
        while (beyond := np.abs(z) > CUT).any():
            z[beyond] = rng.standard_normal(int(beyond.sum()))
        z[39] = abs(z[39])
        return z * self.deviations


def skull_cloud(points: int, rng: np.random.Generator) -> Singles:
    """A skull drawn from the model, as points (points, 3) in metres."""
    model = skull_model()
    return sample_surface(model.vertices(model.draw(rng)), model.template.triangles, points, rng)


@cache
def skull_model() -> SkullModel:
    """The model, made once in a process. Cost: about a second."""
    fixed = [cranium(), teeth(UPPER_ARCH)]
    moving = [mandible(), teeth(LOWER_ARCH)]
    template = Mesh.join(fixed + moving)
    jaw = np.arange(len(template.vertices)) >= sum(len(part.vertices) for part in fixed)
    fields = [*_landmark_fields(template.vertices), *_jaw_fields(template.vertices, jaw)]
    fields.append(_thickness_field(template.vertices, jaw))
    deviations = [SCALE] * 3
    for _ in MIDLINE:
        deviations += [AGAINST, ALIKE, ALIKE]  # to move sideways is an asymmetry
    for _ in PAIRED:
        deviations += [ALIKE] * 3 + [AGAINST] * 3
    deviations += [OPENING, SWING, THICKNESS]
    return SkullModel(template, np.stack(fields).astype(np.float32).reshape(len(fields), -1), np.array(deviations))


def _landmark_fields(v: Singles) -> list[Singles]:
    def near(place: Doubles) -> Singles:
        return np.asarray(np.exp(-((v - place) ** 2).sum(1) / (2 * WIDTH**2)), dtype=np.float32)[:, None]

    axes, flip = np.eye(3, dtype=np.float32), np.array([-1, 1, 1], np.float32)
    fields = [near(np.array(place, float)) * axis for place in MIDLINE.values() for axis in axes]
    for place in PAIRED.values():
        left, right = near(np.array(place, float)), near(np.array(place, float) * flip)
        fields += [left * axis + right * axis * flip for axis in axes]
        fields += [left * axis - right * axis * flip for axis in axes]
    return fields


def _jaw_fields(v: Singles, jaw: Mask) -> list[Singles]:
    """Rotations of the mandible, to first order: about the axis through both condyles, and about the vertical axis."""
    r = (v - np.array([0, *CONDYLE[1:]], np.float32)) * jaw[:, None]
    zero = np.zeros(len(v), np.float32)
    return [np.stack([zero, -r[:, 2], r[:, 1]], 1), np.stack([r[:, 2], zero, -r[:, 0]], 1)]


def _thickness_field(v: Singles, jaw: Mask) -> Singles:
    """The field that moves the inner table of the vault inwards, away from the outer one."""
    inner = np.exp(-((depth_in_vault(v) / 1.6) ** 2)) / (1 + np.exp((20 - v[:, 1]) / 6)) * ~jaw
    inwards = np.array([0, 50, -14], np.float32) - v
    return np.asarray(inner[:, None] * inwards / np.linalg.norm(inwards, axis=1, keepdims=True), dtype=np.float32)
