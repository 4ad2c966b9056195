"""Settling: rows that are near a surface come to lie on it, and all of it comes to have rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.arrays import Doubles, Floats, Rows, Singles
from qaadcodec.assignment.registration.nearest import k_nearest
from qaadcodec.assignment.registration.neighbours import Neighbours
from qaadcodec.assignment.registration.normals import NEIGHBOURS, plane_normals
from qaadcodec.assignment.registration.surface import Surface

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

MOST = 4096  # rows that the others are interpolated between
INTERPOLATED = 4  # chosen rows that each row is interpolated from
WALKS = (50, 50, 25, 25)  # steps of the walk that matches are averaged over, round by round
CANDIDATES = 4  # nearest points of which the one with the most similar normal is met
AGAINST = 4.0  # how much more a squared distance counts between perpendicular normals
LEAST_WEIGHT = 0.05  # of a match between perpendicular normals
SLACK = 2.0  # median distances: so much of a match's way along the surface is taken for the sampling's chance


@dataclass(frozen=True, slots=True)
class Settling:
    """What settling knows of the rows of Q: some of them, which stand for all.

    Attributes:
        chosen: the rows that are moved, (m,).
        neighbours: among these.
        around: the chosen rows nearest to each chosen row, (m, NEIGHBOURS), which span its tangent plane.
        nearest, shares: chosen rows that each row of Q is interpolated from, (M, INTERPOLATED), and their shares.
    """

    chosen: Rows
    neighbours: Neighbours
    around: Rows
    nearest: Rows
    shares: Singles

    @classmethod
    def of(cls, input_cloud: Floats, seed: int) -> Settling:
        """For an input cloud (M, 3); the seed draws the rows."""
        from scipy.spatial import cKDTree

        rng = np.random.default_rng([seed, 21])
        chosen = np.sort(rng.permutation(len(input_cloud))[:MOST])
        few = np.asarray(input_cloud, np.float64)[chosen]
        tree = cKDTree(few)
        distances, nearest = k_nearest(tree, input_cloud, INTERPOLATED)
        inverse = 1.0 / (distances + 1e-9 * float(np.ptp(few)) + float(np.finfo(np.float32).tiny))
        shares = (inverse / inverse.sum(1, keepdims=True)).astype(np.float32)
        _, around = k_nearest(tree, few, NEIGHBOURS)
        return cls(chosen, Neighbours.of(few), around, nearest, shares)

    def settled(self, guess: Floats, surface: Surface, rng: np.random.Generator) -> Doubles:
        """Where the rows lie when they have settled, (M, 3) float64; not yet drawn onto the surface.

        Args:
            guess: where they are thought to lie, (M, 3).
            rng: draws the points that look for a row.
        """
        start = np.asarray(guess, np.float64)[self.chosen]
        places = start
        for walk in WALKS:
            places = self.nearer(places, surface, walk, rng)
        way = (places - start).astype(np.float32)
        moved: Doubles = guess + (way[self.nearest] * self.shares[..., None]).sum(1)
        return moved

    def nearer(self, places: Doubles, surface: Surface, walk: int, rng: np.random.Generator) -> Doubles:
        """One round: matches from rows to points and from points to rows, averaged over neighbouring rows.

        Args:
            places: of the chosen rows, (m, 3).
            walk: steps of the walk.
        """
        from scipy.spatial import cKDTree

        normals = np.nan_to_num(plane_normals(places[self.around]))
        way, weight = toward(places, normals, surface)
        points = rng.permutation(len(surface.points))[: 2 * len(places)]
        met, _, _ = best_match(surface.points[points], surface.normals[points], cKDTree(places), normals)
        count = np.bincount(met, minlength=len(places))
        sums = np.stack([np.bincount(met, axis, len(places)) for axis in surface.points[points].T], 1)
        found = (count > 0).astype(np.float64)
        back = (sums / np.maximum(count, 1)[:, None] - places) * found[:, None]
        pull = self.neighbours.smooth(way * weight[:, None] + back, walk)
        return places + pull / self.neighbours.smooth((weight + found)[:, None], walk)


def toward(places: Doubles, normals: Doubles, surface: Surface) -> tuple[Doubles, Doubles]:
    """The way from each row to the surface, (m, 3), and what it weighs, (m,).

    All of a match's way along the normal counts. Of its way along the surface only what exceeds SLACK median distances
    does, since rows have no reason to lie where points were sampled.
    """
    met, distance, cosine = best_match(places, normals, surface.tree, surface.normals)
    normal = surface.normals[met]
    gap = surface.points[met] - places
    across = np.einsum("mi,mi->m", gap, normal)[:, None] * normal
    along = gap - across
    length = np.linalg.norm(along, axis=1, keepdims=True)
    chance = SLACK * float(np.median(distance))
    beyond = np.divide(np.maximum(length - chance, 0.0), length, out=np.zeros_like(length), where=length > 0)
    return across + along * beyond, np.square(cosine) + LEAST_WEIGHT


def best_match(points: Doubles, normals: Doubles, tree: cKDTree, theirs: Doubles) -> tuple[Rows, Doubles, Doubles]:
    """Of the CANDIDATES nearest of another cloud the one that is near and has a similar normal.

    Least d² (1 + AGAINST (1 - cos²)), where cos is between the normals.

    Args:
        points, normals: (q, 3) each.
        tree, theirs: the other cloud, (n, 3), and its normals.

    Returns:
        Its row, the distance to the nearest of all, and the cosine without its sign, (q,) each.
    """
    distances, rows = k_nearest(tree, points, CANDIDATES)
    cosines = np.abs(np.einsum("qki,qi->qk", theirs[rows], normals))
    best = (np.square(distances) * (1.0 + AGAINST * (1.0 - np.square(cosines)))).argmin(1)
    every = np.arange(len(points))
    return rows[every, best], distances[:, 0], cosines[every, best]
