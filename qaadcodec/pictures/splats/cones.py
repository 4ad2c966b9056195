"""Which points of a cloud are seen, as far as this is clear before the surface between them is known."""

from __future__ import annotations

from math import ceil, floor, sqrt

from qaadcodec.arrays import Doubles, Mask
from qaadcodec.assignment.kernels.compiling import compiled

BASE = 2.6  # radius of a cone, spacings
SLOPE = 0.8  # of a cone: a surface that falls away from the eye more steeply hides points of its own
SLACK = 0.35  # spacings that a point may lie under a cone


@compiled
def find_seen(at: Doubles, spacings: Doubles, depth: Doubles, seen: Mask) -> None:
    """A point hides those in a cone of which it is the tip, and which opens away from the eye.

    As Katz, Tal and Basri (2007) show, hidden points can be told without a surface, except where it is steep.

    Args:
        at: (M, 3), in pixels: to the right, down, and towards the eye.
        spacings: (M,), pixels from a point to its neighbours.
        depth: (h, w) of -inf; becomes the depth of the nearest cone in the middle of each pixel.
        seen: (M,), is written.
    """
    h, w = depth.shape
    for i in range(len(at)):
        radius = max(BASE * spacings[i], 0.75)
        for row in range(max(0, ceil(at[i, 1] - radius - 0.5)), min(h, floor(at[i, 1] + radius - 0.5) + 1)):
            dy = row + 0.5 - at[i, 1]
            for column in range(max(0, ceil(at[i, 0] - radius - 0.5)), min(w, floor(at[i, 0] + radius - 0.5) + 1)):
                dx = column + 0.5 - at[i, 0]
                flat = dx * dx + dy * dy
                if flat <= radius * radius:
                    depth[row, column] = max(depth[row, column], at[i, 2] - SLOPE * sqrt(flat))
    for i in range(len(at)):
        row, column = floor(at[i, 1]), floor(at[i, 0])
        inside = 0 <= row < h and 0 <= column < w
        # The cone was measured in the middle of the pixel, up to 0.7 pixels away from the point.
        seen[i] = inside and at[i, 2] >= depth[row, column] - SLACK * spacings[i] - SLOPE
