"""Laying one cloud over another: trimmed iterative closest points between surfaces, from few first rotations.

Probes of both sketches look for their nearest points in the other one; a tenth of them, those that are farthest off, do
not count (trimmed ICP: Chetverikov et al. 2005). A match counts along the normal of the surface that was met (Chen and
Medioni 1992), so that surfaces slide into place, and a little in all directions, so that nothing is left undetermined.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.clouds import PoseNumbers, Similarity
from qaadcodec.sets.sketch import PROBES, Sketch, nearest_part

FREEDOMS = {"shift": 3, "rigid": 6, "similarity": 7}  # numbers that a pose of each kind has
ALONG = 0.05  # weight of a squared distance in all directions, beside 1 for that along the normal
COARSE = 128  # probes that first rotations are tried with
COARSE_ROUNDS, ROUNDS = 15, 40  # of closest points, at most
PROMISING = 3  # rotations onto principal axes that are tried to the end
SETTLED = 1e-4  # of the size of a cloud: the rounds end when the probes move by less
OVERTURNED = 0.5  # of the squared error without a turn: what another first rotation has to come down to


class Fit(NamedTuple):
    """How one sketch was laid over another."""

    pose: Similarity
    """from the coordinates of the first to those of the second"""
    error: float
    """mean squared distance of the probes that count, both ways, over the lesser spread of the two clouds"""
    overturned: bool = False
    """whether the first rotation was one onto principal axes"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sketches, of which x is to be laid over y by a pose of a kind: "shift", "rigid" or "similarity"."""

    x: Sketch
    y: Sketch
    kind: str

    def fit(self, pose: Similarity, probes: int = PROBES) -> Fit:
        """A pose and its error."""
        squared = self.matches(pose, probes).squared
        least = min(self.y.spread, pose.scale**2 * self.x.spread)
        return Fit(pose, squared / least if least > 0 else float(squared > 0))

    def upright(self) -> Fit:
        """x without a turn: where it lies or brought to the centre of y, and to its size if that may change."""
        centred = self.about_centres(np.eye(3))
        return min(self.fit(Similarity.identity()), self.fit(centred), key=lambda fit: fit.error)

    def overturned(self) -> Fit:
        """The best of the rotations that bring the principal axes of x onto those of y, in any order and direction."""
        poses = [self.about_centres(rotation) for rotation in axes_onto_axes(self.x, self.y)]
        promising = sorted((self.fit(pose, COARSE) for pose in poses), key=lambda fit: fit.error)[:PROMISING]
        return min((self.improved(fit.pose, COARSE_ROUNDS, COARSE) for fit in promising), key=lambda fit: fit.error)

    def improved(self, start: Similarity, rounds: int = ROUNDS, probes: int = PROBES) -> Fit:
        """The pose after rounds of closest points from `start`, or that one if its error is no greater."""
        pose, before = start, start.apply(self.x.probes[:probes])
        for _ in range(rounds):
            pose = self.matches(pose, probes).step(self.kind).after(pose)
            now = pose.apply(self.x.probes[:probes])
            moved, before = float(np.square(now - before).sum(1).mean()), now
            if moved <= SETTLED**2 * self.y.spread:
                break
        return min(self.fit(start), self.fit(pose), key=lambda fit: fit.error)

    def about_centres(self, rotation: Doubles) -> Similarity:
        """The pose that turns x about its centre and brings that onto the centre of y, in its size if that may be."""
        x, y, size = self.x, self.y, 1.0
        if self.kind == "similarity" and x.spread > 0 < y.spread:
            size = math.sqrt(y.spread / x.spread)
        return Similarity(size, rotation, y.centre - size * (rotation @ x.centre))

    def matches(self, pose: Similarity, probes: int = PROBES) -> Matches:
        """Nearest points both ways, without the probes that are farthest off."""
        x, y = self.x, self.y
        mine, theirs = pose.apply(x.probes[:probes]), y.probes[:probes]
        there, row_of_y = y.tree.query(mine)
        back, row_of_x = x.tree.query(pose.invert(theirs))
        forward, backward = np.square(there), np.square(pose.scale * back)
        near, nigh = nearest_part(forward), nearest_part(backward)
        row_of_x, row_of_y = row_of_x[nigh], row_of_y[near]
        return Matches(
            np.concatenate([mine[near], pose.apply(x.points[row_of_x])]),
            np.concatenate([y.points[row_of_y], theirs[nigh]]),
            np.concatenate([y.normals[row_of_y], x.normals[row_of_x] @ pose.rotation.T]),
            float(forward[near].mean() + backward[nigh].mean()) / 2,
        )


class Matches(NamedTuple):
    """Pairs of nearest points."""

    moved: Doubles
    """points of x in the coordinates of y, (p, 3)"""
    targets: Doubles
    """points of y, (p, 3)"""
    normals: Doubles
    """of the surface that was met, (p, 3)"""
    squared: float
    """mean of the mean squared distances of both directions"""

    def step(self, kind: str) -> Similarity:
        """The small motion that brings the moved points nearer to their targets: one step of Gauss and Newton.

        With a relative to the middle of the moved points, r the gap to the target and d the normal or an axis, it makes
        Σ w_d (d·r - d·t - (a × d)·v - (d·a) s)² least, for a shift t, a rotation vector v and the log s of a scale.
        """
        middle = self.moved.mean(0)
        arm, gap, size = self.moved - middle, self.targets - self.moved, FREEDOMS[kind]
        matrix, right = np.zeros((size, size)), np.zeros(size)
        axes = [np.broadcast_to(axis, arm.shape) for axis in np.eye(3)]
        for weight, along in ((1.0, self.normals), *((ALONG, axis) for axis in axes)):
            columns = [along, np.cross(arm, along), (arm * along).sum(1, keepdims=True)]
            rows = np.concatenate(columns, axis=1)[:, :size]  # (p, size)
            matrix += weight * (rows.T @ rows)
            right += weight * (rows.T @ (along * gap).sum(1))
        found = np.zeros(7)
        found[:size] = np.linalg.lstsq(matrix, right, rcond=None)[0]
        turn = Similarity.of_numbers(PoseNumbers(math.exp(max(-1.0, min(1.0, found[6]))), found[3:6], np.zeros(3)))
        return Similarity(turn.scale, turn.rotation, middle + found[:3] - turn.apply(middle))


def register(x: Sketch, y: Sketch, kind: str, *, tumbled: bool = True) -> Fit:
    """The pose that lays x over y, found with few probes; turned over only where that fits clearly better.

    Bodies that move their limbs must not be turned by accident, so a rotation onto principal axes is taken only where
    it brings the squared error down to OVERTURNED of what there is without it.

    Args:
        tumbled: try these rotations; without them, only rotations near to none are found.
    """
    pair = Pair(x, y, kind)
    best = pair.improved(pair.upright().pose, COARSE_ROUNDS, COARSE)
    if kind == "shift" or not tumbled:
        return best
    other = pair.overturned()
    return other._replace(overturned=True) if other.error < OVERTURNED * best.error else best


def axes_onto_axes(x: Sketch, y: Sketch) -> list[Doubles]:
    """The 24 rotations (3, 3) that bring the principal axes of x onto those of y."""
    mine, theirs = (principal_axes(sketch) for sketch in (x, y))
    return [theirs @ turn @ mine.T for turn in turns_of_a_cube()]


def principal_axes(sketch: Sketch) -> Doubles:
    """A rotation (3, 3) whose columns are the directions in which the probes spread least, more and most."""
    arm = sketch.probes - sketch.centre
    axes: Doubles = np.linalg.eigh(arm.T @ arm)[1]
    return axes if np.linalg.det(axes) > 0 else -axes


@cache
def turns_of_a_cube() -> list[Doubles]:
    """The 24 rotations (3, 3) that take axes to axes."""
    found = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1.0, -1.0), repeat=3):
            matrix = np.zeros((3, 3))
            matrix[range(3), order] = signs
            if np.linalg.det(matrix) > 0:
                found.append(matrix)
    return found
