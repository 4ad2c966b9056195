"""The side of a cloud that is turned to the eye, as discs.

Normals are found among the points that are seen alone. So what is behind a surface that is thin, or full of detail, as
fingers, ears and teeth are, does not blur it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from qaadcodec.arrays import Doubles, Indices, Mask
from qaadcodec.pictures.splats.discs import SUMS
from qaadcodec.pictures.splats.ready import kernels
from qaadcodec.pictures.surfels import Surfels, spacings, surfels_of

ROUNDS = 3  # in which points that the surface found so far does not hide are added
SLACK = 0.4  # spacings that a point may lie behind the surface
WIDEST = 2.1  # spacings, among the points of both sides of a thing, which a disc reaches at most
STEEPEST = 0.3  # cosine between normal and eye below which its sign is told by what is beside it
BESIDE = 1.5  # radii


class Drawn(NamedTuple):
    """Discs as they are drawn: in the axes of pixels, to the right, down and towards the eye.

    Attributes:
        surfels: those that are seen; their normals point out of the surface, or where that is not known to the eye.
        rows: the point of each, (m,).
    """

    surfels: Surfels
    rows: Indices


def seen_discs(at: Doubles, height: int, width: int) -> Drawn:
    """The discs of what is seen of a cloud.

    Args:
        at: (M, 3), in pixels: to the right, down, and towards the eye.
        height, width: of the picture; what is outside is left out.
    """
    depth, seen = np.full((height, width), -np.inf), np.empty(len(at), np.bool_)
    gaps = spacings(at)
    kernels().find_seen(at, gaps, depth, seen)
    discs = discs_of(at, gaps, seen)
    for _ in range(ROUNDS):
        sums = blended(discs.surfels, np.zeros(len(discs.rows)), height, width)
        discs = discs_of(at, gaps, not_hidden(at, gaps, sums))
        outwards(discs.surfels, sums)
    return discs


def discs_of(at: Doubles, gaps: Doubles, seen: Mask) -> Drawn:
    """The discs of those points (M, 3) that are seen, with normals that point to the eye."""
    rows = np.flatnonzero(seen)
    if not len(rows):
        empty = np.empty((0, 3))
        return Drawn(Surfels(empty, empty, np.empty(0)), rows)
    found = surfels_of(at[rows])
    found.normals[found.normals[:, 2] < 0] *= -1
    return Drawn(replace(found, radii=np.minimum(found.radii, WIDEST * gaps[rows])), rows)


def outwards(surfels: Surfels, sums: Doubles) -> None:
    """Turn normals round that point into the thing and hardly to the eye.

    On the outline of a thing, normals are at right angles to the ray, and of the discs on its far side the outer normal
    points slightly away. Facing the eye, these would be lit as if they lay on the other side of the thing. The outer
    side is where nothing is beside a disc, or only what is farther behind.

    Args:
        surfels: their normals are changed.
        sums: what is seen, by `blended`.
    """
    steep = np.flatnonzero(surfels.normals[:, 2] < STEEPEST)
    ahead, behind = (
        covered(surfels.centres[steep] + side * BESIDE * surfels.radii[steep, None] * surfels.normals[steep], sums)
        for side in (1.0, -1.0)
    )
    surfels.normals[steep[ahead & ~behind]] *= -1


def covered(places: Doubles, sums: Doubles) -> Mask:
    """Which places (n, 3) are behind the surface that is seen, (h, w, SUMS)."""
    pixels, inside = pixels_at(places, sums)
    return np.asarray(inside & (pixels[:, 0] > 0) & (pixels[:, 1] > places[:, 2] * pixels[:, 0]))


def blended(surfels: Surfels, values: Doubles, height: int, width: int) -> Doubles:
    """What discs with values (m,) sum up to in each pixel, (h, w, SUMS): see `draw_discs`."""
    depth, sums = np.full((height, width), -np.inf), np.zeros((height, width, SUMS))
    kernels().draw_discs(surfels.centres, surfels.normals, surfels.radii, values, depth, sums)
    return sums


def not_hidden(at: Doubles, gaps: Doubles, sums: Doubles) -> Mask:
    """Which points (M, 3) lie less than SLACK of their gaps (M,) behind the surface of their pixel, or have none."""
    pixels, inside = pixels_at(at, sums)
    there = pixels[:, 0] > 0
    weight = np.where(there, pixels[:, 0], 1.0)
    lean = np.maximum(np.linalg.norm(pixels[:, 2:5], axis=1), 1e-9)
    cosine = np.clip(pixels[:, 4] / lean, 0.1, 1.0)  # between the surface and the eye
    behind = (pixels[:, 1] / weight - at[:, 2]) * cosine  # along the normal
    return np.asarray(inside & (~there | (behind <= SLACK * gaps + 0.5)))


def pixels_at(places: Doubles, sums: Doubles) -> tuple[Doubles, Mask]:
    """The pixels (n, SUMS) of places (n, 3), and which of these are inside of the picture; others have any pixel."""
    h, w, _ = sums.shape
    inside = (places[:, 0] >= 0) & (places[:, 0] < w) & (places[:, 1] >= 0) & (places[:, 1] < h)
    column, row = np.where(inside[:, None], places[:, :2], 0).astype(np.intp).T  # what is far outside fits no integer
    return sums[row, column], inside
