"""Discs into pixels: the nearest surface first, then what the discs of that surface say, smoothly blended.

This is surface splatting in two passes (Zwicker et al. 2001; Botsch et al. 2005).
"""

from __future__ import annotations

from math import ceil, exp, floor

from qaadcodec.arrays import Doubles
from qaadcodec.assignment.kernels.compiling import compiled

SUMS = 6  # what is summed up in a pixel: weights, depth, the three numbers of the normal, the value
FALLOFF = 3.5  # a disc's weight at its rim is e to the power of minus this
FLATTEST = 0.2  # cosine between a disc and the eye at least, or it would reach infinitely deep
SMALLEST = 0.75  # pixels: nothing is drawn smaller, so that no disc falls between pixels
BEHIND = 0.7  # radii: what lies less than this behind the nearest disc is of the same surface


@compiled
def draw_discs(at: Doubles, normals: Doubles, radii: Doubles, values: Doubles, depth: Doubles, sums: Doubles) -> None:
    """Draw discs over each other.

    Args:
        at: (M, 3), in pixels: to the right from the left edge, down from the top edge, and towards the eye.
        normals: (M, 3), unit vectors in the same axes.
        radii: (M,), pixels.
        values: (M,), what is to be seen on the discs.
        depth: (h, w) of -inf; becomes the depth of the nearest disc in each pixel.
        sums: (h, w, SUMS) of zeros; what is seen in a pixel is its sums over the first of them.
    """
    h, w = depth.shape
    for blend in (False, True):
        for i in range(len(at)):
            x, y, z = at[i, 0], at[i, 1], at[i, 2]
            radius = max(radii[i], SMALLEST)
            reach, facing = radius * radius, max(normals[i, 2], FLATTEST)
            for row in range(max(0, ceil(y - radius - 0.5)), min(h, floor(y + radius - 0.5) + 1)):
                dy = row + 0.5 - y
                for column in range(max(0, ceil(x - radius - 0.5)), min(w, floor(x + radius - 0.5) + 1)):
                    dx = column + 0.5 - x
                    dz = -(normals[i, 0] * dx + normals[i, 1] * dy) / facing
                    flat = dx * dx + dy * dy
                    far = min(flat + dz * dz, flat * reach / (SMALLEST * SMALLEST))
                    if far > reach:
                        continue
                    if not blend:
                        depth[row, column] = max(depth[row, column], z + dz)
                    elif z + dz >= depth[row, column] - BEHIND * radius:
                        weight = exp(-FALLOFF * far / reach)
                        pixel = sums[row, column]
                        pixel[0] += weight
                        pixel[1] += weight * (z + dz)
                        pixel[2] += weight * normals[i, 0]
                        pixel[3] += weight * normals[i, 1]
                        pixel[4] += weight * normals[i, 2]
                        pixel[5] += weight * values[i]
