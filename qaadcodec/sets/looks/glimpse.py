"""What is kept of a cloud when it is first read: where it lies, its size and shape in few numbers, and a fingerprint.

It costs about two milliseconds, whatever the number of points, and one pass over the coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Doubles, Floats, Singles
from qaadcodec.sets.looks.flying import Flying, flying_points

DRAWN, PROBES = 1024, 96  # points that stand for the cloud, and how many of them are spread evenly over it
NEAR = 3.0  # times the median distance from their median: probes farther off do not count
PAIRS, RADII = 24, 8  # quantiles of distances between probes, and from their centre

# Odd multipliers of the coordinates' bits; those of splitmix64 (Steele, Lea and Flood 2014) and xxHash.
MIXERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xBF58476D1CE4E5B9)


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A cloud in few numbers. Neither uneven density nor a few points that are far off change the first three much.

    Attributes:
        centre: mean of points that are spread evenly over it, (3,), in input units.
        size: their root mean square distance from it, in input units.
        shape: quantiles of the distances between them and from the centre, and their three principal spreads, over the
            size, (PAIRS + RADII + 3,) float32. Turning, shifting or scaling the cloud changes none of it. The distance
            of two such rows tells how unlike the shapes are.
        flying: points far off all others.
        digest: of the coordinates of all points in any order; clouds that are equal have the same.
    """

    centre: Doubles
    size: float
    shape: Singles
    flying: Flying
    digest: int

    @classmethod
    def of(cls, points: Floats, rng: np.random.Generator) -> Self:
        """Look at the points of a cloud, (M, 3)."""
        rows = rng.choice(len(points), min(DRAWN, len(points)), replace=False)
        drawn = np.asarray(points[rows], np.float64)
        probes = spread_evenly(drawn, PROBES)
        off = np.sqrt(np.square(probes - np.median(probes, axis=0)).sum(1))
        probes = probes[off <= NEAR * np.median(off)]
        centre = probes.mean(0)
        size = float(np.sqrt(np.square(probes - centre).sum(1).mean()))
        return cls(centre, size, shape_of(probes - centre, size), flying_points(points, drawn), digest(points))


def spread_evenly(points: Doubles, count: int) -> Doubles:
    """So many of the points (n, 3), or all, each the farthest from those before it."""
    chosen, gaps = [0], np.full(len(points), np.inf)
    while len(chosen) < min(count, len(points)):
        arms = points - points[chosen[-1]]
        np.minimum(gaps, np.einsum("ij,ij->i", arms, arms), out=gaps)
        chosen.append(int(gaps.argmax()))
    return points[chosen]


def shape_of(arms: Doubles, size: float) -> Singles:
    """The numbers of `Glimpse.shape` of probes (m, 3) from their centre: the D2 shape distribution of Osada et al. 2002
    as quantiles, and two coarser descriptions. Each of the three groups has the weight of one number.
    """
    if size == 0:
        return np.zeros(PAIRS + RADII + 3, np.float32)
    from scipy.spatial.distance import pdist

    arms = arms / size
    groups = [
        np.quantile(pdist(arms), (np.arange(PAIRS) + 0.5) / PAIRS),
        np.quantile(np.sqrt(np.square(arms).sum(1)), (np.arange(RADII) + 0.5) / RADII),
        np.sqrt(np.maximum(np.linalg.eigvalsh(arms.T @ arms / len(arms)), 0.0)),
    ]
    return np.concatenate([group / np.sqrt(len(group)) for group in groups]).astype(np.float32)


def digest(points: Floats) -> int:
    """A number of 64 bits that clouds of the same points (M, 3) share, in either precision and in any row order."""
    bits: npt.NDArray[np.uint64] = (points.astype(np.float64) + 0.0).view(np.uint64)  # -0.0 becomes 0.0
    scaled = (bits ^ (bits >> np.uint64(29))) * np.array(MIXERS[:3], np.uint64)
    mixed = scaled.sum(1, dtype=np.uint64)  # (M,)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(MIXERS[3])
    return int((mixed ^ (mixed >> np.uint64(31))).sum(dtype=np.uint64))
