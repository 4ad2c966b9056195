"""Slopes of the density of points at a node, in whole numbers (formats/qaad-1.md, "Points": surroundings, slopes).

The points around a node have a *shape*: weight, mean and covariance, relative to the node. A Gaussian of that mean and
covariance says which half of the node is denser, and by how much. A node is halved along x, y and z in turn, and its
halves inherit its shape; only the mean moves with them. So what a shape says of all three halvings is computed once.

Every machine gets the same numbers, because they are whole. 32 bits hold them while places are single cells. In larger
places doubles do, where they stay below 2^53, and multiply and divide several times as fast as integers of 64 bits,
which the largest places need.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qaadcodec.arrays import Doubles, Indices, Numbers, Singles

ONE = 256  # a slope of 1
CELL = 8  # width of a node's cell at the start of an octave, in units of positions
MOMENTS = 10  # of points: their number, three sums, six sums of products
SLOPES = 2  # of a shape at a node, see `along`
PRODUCTS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
OWN_WEIGHT = 8  # of a point in the node's own place; 4, 2, 1 where the place shares a face, an edge, a corner with it
LEAST_POINTS = 3  # of the weight OWN_WEIGHT: fewer have no Gaussian
STEEPEST = 96  # of a Gaussian, in 1/16
WHOLE, HALF = CELL**2 // 4, (CELL // 2) ** 2 // 4  # what the width of a cell, or of half of one, adds to a covariance
MOVED = 16 * CELL // 4  # how far the mean moves away from a half of the node, in 1/16
STRIDE = 3 * CELL // 2  # from the middle of one half to that of the other, in the unit of covariances
DEEPEST_IN_DOUBLES = 4
AT_ONCE = 4096  # nodes: their numbers stay in the cache


class Halving(NamedTuple):
    """What shapes say of one halving of their nodes.

    Attributes:
        gauss: the dividend of the Gaussian's slope in a node of lower halves, (n,).
        moves: by how much less it is in an upper half of each axis that was halved before, (n,) each.
        determinant: the divisor, (n,).
        offset: the other slope, (n,).
    """

    gauss: Numbers
    moves: tuple[Numbers, ...]
    determinant: Numbers
    offset: Singles


def moments_of(positions: Numbers, counts: Numbers) -> Numbers:
    """The moments (10, n) of nodes at positions (3, n) that have so many points (n,)."""
    weighted = positions * counts
    return np.stack([counts, *weighted, *(weighted[i] * positions[j] for i, j in PRODUCTS)])


def move_to(moments: Numbers, positions: Numbers) -> None:
    """Make moments (10, n) relative to positions (3, n), in place."""
    n, sums, products, r = moments[0], moments[1:4], moments[4:], positions
    for product, (i, j) in zip(products, PRODUCTS, strict=True):
        product -= r[i] * sums[j] + r[j] * (sums[i] - n * r[i])
    for i in range(3):
        sums[i] -= n * r[i]


def halvings(moments: Numbers, depth: int) -> list[Halving]:
    """What the points around nodes say of their three halvings.

    Args:
        moments: of the points around each node, relative to it, (10, n). The sums of products are below 2^45: weights
            are below 2^27 (8 times 2^24 points), and products of distances below 2^18 (two places of 32 cells of 8). In
            single precision three times the moments must be below 2^24.
        depth: octaves from the nodes' cells up to their places. To 4, all numbers are below 2^52: distances within 16
            2^depth, variances within 432 4^depth, and the determinant's terms within the product of three of these.
            At 0 points are at most 8 away along each axis: with the cell's width, variances are within 3 (64 - m²) + 20
            for a mean of m, so determinants stay below 2^25, and dividends below 2^30.
    """
    kind, count = _kind(depth), moments.shape[1]
    found = [
        Halving(
            np.empty(count, kind),
            tuple(np.empty(count, kind) for _ in range(axis)),
            np.empty(count, kind),
            np.empty(count, np.float32),
        )
        for axis in range(3)
    ]
    for start in range(0, count, AT_ONCE):
        few = slice(start, start + AT_ONCE)
        around = moments[:, few]
        mean, covariance = (numbers.astype(kind, copy=False) for numbers in _shape(around))
        weak = np.flatnonzero(around[0] < LEAST_POINTS * OWN_WEIGHT)
        for axis, (row, determinant) in enumerate(_adjugate(covariance)):
            to = found[axis]
            np.floor(mean[axis] * 4.0 ** (1 - depth), out=to.offset[few], casting="same_kind")
            np.maximum(determinant, 1, out=to.determinant[few])
            dividend = STRIDE * (row[0] * mean[0] + row[1] * mean[1] + row[2] * mean[2])
            mean[axis] += MOVED  # as in a lower half, for the axes that follow
            moves = (2 * MOVED * STRIDE * row[before] for before in range(axis))
            for whole, part in zip((to.gauss, *to.moves), (dividend, *moves), strict=True):
                part[weak] = 0
                whole[few] = part
    return found


def _kind(depth: int) -> type[np.number]:
    """A type that holds all numbers of `halvings`."""
    return np.int32 if depth == 0 else np.float64 if depth <= DEEPEST_IN_DOUBLES else np.int64


def _shape(moments: Numbers) -> tuple[Doubles, Doubles]:
    """The mean in 1/16, (3, n), and the covariance in 1/3, xx, xy, xz, yy, yz, zz, (6, n), by moments (10, n).

    The quotients are exact: a double holds dividend and divisor, and between the quotient and the whole number above it
    there is another double, as long as the dividend is below 2^52; so it is in single precision below 2^24.
    """
    divisor = np.maximum(moments[0], 1)
    mean = np.floor(16.0 * moments[1:4] / divisor)
    covariance: Doubles = np.floor(3.0 * moments[4:] / divisor)
    for entry, (i, j) in zip(covariance, PRODUCTS, strict=True):
        entry -= np.floor(mean[i] * mean[j] * (3 / 256))
    return mean, covariance


def _adjugate(covariance: Numbers) -> list[tuple[tuple[Numbers, ...], Numbers]]:
    """For each axis: the row of the adjugate that belongs to it, three times (n,), and the determinant, (n,).

    The cell's own width widens the covariance, and less so along the axes that are halved before.
    """
    xx, xy, xz, yy, yz, zz = covariance
    xx, yy, zz = xx + WHOLE, yy + WHOLE, zz + WHOLE
    across = xz * yz - xy * zz
    rows = [(yy * zz - yz * yz, across, xy * yz - xz * yy)]
    determinants = [rows[0][0] * xx + rows[0][1] * xy + rows[0][2] * xz]
    xx -= WHOLE - HALF
    along = xy * xz - yz * xx
    rows.append((across, xx * zz - xz * xz, along))
    determinants.append(rows[1][0] * xy + rows[1][1] * yy + rows[1][2] * yz)
    yy -= WHOLE - HALF
    rows.append((xy * yz - xz * yy, along, xx * yy - xy * xy))
    determinants.append(rows[2][0] * xz + rows[2][1] * yz + rows[2][2] * zz)
    return list(zip(rows, determinants, strict=True))


def along(halving: Halving, nodes: Indices, upper: list[Numbers]) -> Singles:
    """Two slopes along an axis, (…, SLOPES, n), in units of 1/256, positive towards the upper half.

    First, the logarithm of how much denser the upper half is than the lower one, under a Gaussian of the points' mean
    and covariance, which the cell's own width widens; from -6 to 6, and 0 for less than the weight of 3 points. Second,
    the mean's distance from the node, in parts of the width of a place.

    Args:
        halving: what the shapes at the start of the octave say of this axis.
        nodes: whose shape each has, (…, n).
        upper: whether each node is an upper half of the axes before, (n,) each.
    """
    dividend = halving.gauss.take(nodes)
    for move, half in zip(halving.moves, upper, strict=True):
        dividend -= move.take(nodes) * half
    determinant = halving.determinant.take(nodes)
    found = np.empty((*nodes.shape[:-1], SLOPES, nodes.shape[-1]), np.float32)
    steep = np.floor(dividend / determinant) if dividend.dtype != np.int64 else dividend // determinant
    np.multiply(np.clip(steep, -STEEPEST, STEEPEST), ONE // 16, out=found[..., 0, :], casting="same_kind")
    np.take(halving.offset, nodes, out=found[..., 1, :])
    return found
