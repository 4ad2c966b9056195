"""What a PSNR is relative to. A PSNR without its peak cannot be compared, so results name it."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from qaadcodec.metrics.nearest import diagonal
from qaadcodec.metrics.point_tree import PointTree

Peak: TypeAlias = str | float
"""One of `config.run.PEAKS`, or a length in the units of the clouds"""


def peak_length(peak: Peak, original: PointTree) -> float:
    """The peak of a cloud, in its units.

    "box" is the diagonal of its bounding box. "spacing" is the largest distance from one of its points to the nearest
    other one, which MPEG's pc_error takes where none is given (`findNNdistances`); a cloud of one point has none, 0.
    A number is itself, such as 1023 for clouds voxelised with 10 bits, as pc_error's option -r.

    Args:
        original: (n, 3).
    """
    if peak == "box":
        return diagonal(original.points)
    if peak == "spacing":
        nearest = np.asarray(original.tree.query(original.points, k=[2])[0])  # the nearest one is the point itself
        return float(nearest.max()) if len(original) > 1 else 0.0
    return float(peak)


def peak_told(peak: Peak) -> str:
    """The peak in words, for whoever reads a table."""
    if peak == "box":
        return "diagonal of the original's bounding box"
    if peak == "spacing":
        return "largest nearest-neighbour distance in the original"
    return f"{peak:g} units of the input"
