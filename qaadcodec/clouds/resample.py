"""Resampling: another number of points for a cloud, spread as evenly or unevenly as the cloud is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.errors import UsageError


def resample(points: Points, m: int, seed: int) -> Points:
    """The cloud with m points, all of them its own. The same seed gives the same points.

    If m is below M, the sampling is stratified. A k-d tree cuts the cloud into m cells that hold about the same number
    of points, and one point of each cell is drawn at random. The result is as dense as the cloud everywhere, without
    the clumps and holes of a plain random subset. The points keep their order.

    If m is above M, every point occurs ⌊m / M⌋ times, and a subset that is drawn in the same way occurs once more. No
    point is invented.

    Args:
        points: (M, 3), any float type.
        m: the number of points wanted, at least 1.
        seed: the seed of the draw.

    Returns:
        (m, 3), in the type of `points`; the array itself if m is M.

    Raises:
        UsageError: m is below 1.

    Cost: O(M log M log m).
    """
    if m < 1:
        raise UsageError(f"a cloud cannot have {m} points; it needs at least 1")
    if m == len(points):
        return points
    copies, rest = divmod(m, len(points))
    rows = np.tile(np.arange(len(points)), copies)
    if rest:
        rows = np.concatenate([rows, _spread(points, rest, np.random.default_rng(seed))])
    return points[rows]


def _spread(points: Points, m: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """The rows of m points, one from each leaf of a k-d tree with m leaves, in ascending order; 1 ≤ m < M."""
    order = np.arange(len(points))  # rows, cell after cell
    start, wanted = np.zeros(1, np.intp), np.full(1, m, np.intp)  # of each cell: its first place in `order`, its leaves
    while wanted.max() > 1:
        size = np.diff(start, append=len(points))
        ordered = points[order]
        extent = np.maximum.reduceat(ordered, start) - np.minimum.reduceat(ordered, start)
        axis = np.repeat(extent.argmax(axis=1), size)
        cell = np.repeat(np.arange(len(start)), size)
        order = order[np.lexsort((ordered[np.arange(len(points)), axis], cell))]
        # A cell of one leaf stays. The others are split in proportion to the leaves that their halves will have, so
        # that each half keeps at least one point for each of its leaves.
        split = wanted > 1
        left = np.where(split, wanted // 2, wanted)
        ends = start + size * left // wanted
        start = np.sort(np.concatenate([start, ends[split]]))
        wanted = np.stack([left, wanted - left], axis=1).ravel()
        wanted = wanted[wanted > 0]
    size = np.diff(start, append=len(points))
    return np.sort(order[start + rng.integers(size)])
