"""Evening: rows that lie on a surface take the sampled points for their targets, without tearing.

A bijection between rows and points knows how dense the rows should be, and each of its matches holds the chance of
the sampling as well. Along a surface that does no harm: the training averages it. Across a thin part it does: a row of
the palm that is matched with a point of the back of the hand ends up inside. So neighbouring rows have a say. What they
do together leads to a place on the surface, and that place replaces a match that leaves its plane.
"""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Doubles, Floats, Mask
from qaadcodec.assignment.greedy import greedy
from qaadcodec.assignment.registration.nearest import k_nearest
from qaadcodec.assignment.registration.neighbours import Neighbours
from qaadcodec.assignment.registration.surface import Surface

ACROSS = 0.5  # spacings that a match may lie off the plane of the place where its neighbours lead
FACING = 0.7  # least cosine between the normals there


def evened(rows: Floats, surface: Surface, neighbours: Neighbours, walk: int, leaf: int) -> Doubles:
    """A target for every row: the point that it is matched with, or where its neighbours lead; (M, 3) float64.

    With A QAAD-Greedy's bijection from rows x to points, W the walk, t its steps and Π the nearest place on the
    surface, neighbours lead to y = Π(x + W^t (A(x) - x)). That is what eq. 17 asks of a row, made local: to go where
    the rows next to it in Q go. A second round starts from there, with half as many steps: rows that are evenly spread
    already have matches that are nearer, of which fewer tear.

    Args:
        rows: where the rows lie now, on the surface or near it, (M, 3).
        surface: a sample of M points.
        neighbours: of the rows, in Q.
        walk: steps of the walk: how far a neighbourhood reaches.
        leaf: most points in a subspace of Greedy.
    """
    led = np.asarray(rows, np.float64)
    for steps in (walk, walk // 2):
        matches = greedy(led, surface.points, leaf, np.random.default_rng(0))  # exact: nothing is drawn
        matched = surface.points[matches]
        led = surface.nearest_place(led + neighbours.smooth(matched - led, steps))
    return np.where(torn(matched - led, surface.normals[matches], led, surface)[:, None], led, matched)


def torn(gaps: Doubles, normals: Doubles, led: Doubles, surface: Surface) -> Mask:
    """Which matches belong to another part of the surface than the place that their neighbours lead to, (M,).

    Args:
        gaps: from that place to the matched point, (M, 3).
        normals: at the matched point, (M, 3).
        led: that place, (M, 3).
    """
    _, nearest = k_nearest(surface.tree, led, 1)
    there = surface.normals[nearest[:, 0]]
    across = np.abs(np.einsum("mi,mi->m", gaps, there))
    facing = np.abs(np.einsum("mi,mi->m", normals, there))
    flat = np.einsum("mi,mi->m", there, there) > 0
    result: Mask = flat & ((across > ACROSS * surface.spacing) | (facing < FACING))
    return result
