"""Slopes of the density of points at a node, in whole numbers (formats/qaad-1.md, "Points": surroundings, slopes).

The points around a node have a *shape*: weight, mean and covariance, relative to the node. A Gaussian of that mean and
covariance says which half of the node is denser, and by how much. Every machine gets the same numbers, because they are
integers. Sums of squares of global coordinates may wrap around at 2^64; what is made of them is relative to the node
and fits into 64 bits, so it is right all the same.
"""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Doubles, Longs

ONE = 256  # a slope of 1
CELL = 8  # width of a node's cell at the start of an octave, in units of positions
MOMENTS = 10  # of points: their number, three sums, six sums of products
SLOPES = 2  # of a shape, see `slopes`
PRODUCTS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
OWN_WEIGHT = 8  # of a point in the node's own place; 4, 2, 1 where the place shares a face, an edge, a corner with it
LEAST_POINTS = 3  # of the weight OWN_WEIGHT: fewer have no Gaussian


def moments_of(positions: Longs, counts: Longs) -> Longs:
    """The moments (10, n) of nodes at positions (3, n) that have so many points (n,)."""
    weighted = positions * counts
    return np.stack([counts, *weighted, *(weighted[i] * positions[j] for i, j in PRODUCTS)])


def move_to(moments: Longs, positions: Longs) -> None:
    """Make moments (10, n) relative to positions (3, n), in place."""
    n, sums, products, r = moments[0], moments[1:4], moments[4:], positions
    for product, (i, j) in zip(products, PRODUCTS, strict=True):
        product -= r[i] * sums[j] + r[j] * (sums[i] - n * r[i])
    for i in range(3):
        sums[i] -= n * r[i]


def to_shapes(moments: Longs, counts: Longs) -> None:
    """Make shapes of moments in place.

    A shape is the weight, the mean relative to the node in 1/16, and the covariance in 1/3: xx, xy, xz, yy, yz, zz.

    Args:
        moments: of all points around each node and in it, relative to the node, (10, n).
        counts: points of the node itself, (n,), which do not belong to its shape; they add to the weight alone.
    """
    n, sums, products = moments[0], moments[1:4], moments[4:]
    n -= counts * OWN_WEIGHT
    divisor = np.maximum(n, 1).astype(np.float64)
    for i in range(3):
        sums[i] = quotient(16 * sums[i], divisor)
    for product, (i, j) in zip(products, PRODUCTS, strict=True):
        product[:] = quotient(3 * product, divisor) - (3 * sums[i] * sums[j] >> 8)


def quotient(dividend: Longs, divisor: Doubles) -> Longs:
    """⌊dividend / divisor⌋ of whole numbers, (n,), in a third of the time of a division of integers.

    A double holds both exactly, and between the quotient and the whole number above it there is another double, as long
    as the dividend is below 2^52. Here it is below 2^47: weights are below 2^27 (8 times 2^24 points), and the
    products of distances below 2^18 (two places of 32 cells of 8).
    """
    result: Longs = np.floor(dividend / divisor).astype(np.int64)
    return result


def slopes(shape: Longs, widths: list[int], axis: int, depth: int) -> tuple[Longs, Longs]:
    """Two slopes of the density along an axis at each node, in units of 1/256, positive towards its upper half.

    Args:
        shape: of the points around each node, (10, n).
        widths: of the nodes' cells, by axis.
        axis: the one that is halved next.
        depth: octaves from the nodes' cells, as they were at the start of the octave, up to their places.

    Returns:
        First, the logarithm of how much denser the upper half is than the lower one, under a Gaussian of the points'
        mean and covariance, which the cell's own width widens; from -6 to 6, and 0 for less than the weight of 3
        points. Second, the mean's distance from the node, in parts of the width of a place. Both are (n,).
    """
    n, mean = shape[0], shape[1:4]
    a = {pair: shape[4 + at] for at, pair in enumerate(PRODUCTS)}
    for i in range(3):
        a[i, i] = a[i, i] + widths[i] ** 2 // 4
    a |= {(j, i): entry for (i, j), entry in a.items()}
    # The row of the adjugate that belongs to the axis; its product with the mean is the slope times the determinant.
    i, j = (axis + 1) % 3, (axis + 2) % 3
    row = {
        axis: a[i, i] * a[j, j] - a[i, j] * a[i, j],
        i: a[axis, j] * a[i, j] - a[axis, i] * a[j, j],
        j: a[axis, i] * a[i, j] - a[axis, j] * a[i, i],
    }
    determinant = np.maximum(sum(row[k] * a[axis, k] for k in range(3)), 1)
    across = sum(row[k] * mean[k] for k in range(3)) * (3 * widths[axis] // 2)
    gauss = np.where(n >= LEAST_POINTS * OWN_WEIGHT, np.clip(across // determinant, -96, 96) * 16, 0)
    return gauss, np.where(n > 0, mean[axis] * (widths[axis] * 32) >> (6 + 2 * depth), 0)
