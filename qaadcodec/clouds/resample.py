"""Another number of points for a cloud, spread as the cloud is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.errors import UsageError


def resample(points: Points, m: int, seed: int) -> Points:
    """The cloud with m points, all of them its own; deterministic by `seed`.

    Fewer than there are: the cloud is cut by a k-d tree into m cells whose numbers of points differ by little, and one
    point of each is drawn at random, which is stratified sampling: as dense as the cloud everywhere, without the clumps
    and holes of a plain random subset. They keep their order.
    More than there are: every point occurs ⌊m / M⌋ times, and those that make up the rest, once more, are a subset
    drawn in that way. Points are repeated as they are, none is invented.

    Args:
        points: (M, 3), any float type.
        m: at least 1.
        seed: of the draw.

    Returns:
        (m, 3), in the type of `points`; the array itself where m is M.

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
    """Rows of m points, one from each cell of a k-d tree with m leaves, ascending; 1 ≤ m < M."""
    order = np.arange(len(points))  # rows, cell after cell
    start, wanted = np.zeros(1, np.intp), np.full(1, m, np.intp)  # of each cell: first place in `order`, leaves to come
    while wanted.max() > 1:
        size = np.diff(start, append=len(points))
        ordered = points[order]
        extent = np.maximum.reduceat(ordered, start) - np.minimum.reduceat(ordered, start)
        axis = np.repeat(extent.argmax(axis=1), size)
        cell = np.repeat(np.arange(len(start)), size)
        order = order[np.lexsort((ordered[np.arange(len(points)), axis], cell))]
        # A cell of one leaf stays; others split in proportion to the leaves of either half: n ≥ leaves holds in both.
        split = wanted > 1
        left = np.where(split, wanted // 2, wanted)
        ends = start + size * left // wanted
        start = np.sort(np.concatenate([start, ends[split]]))
        wanted = np.stack([left, wanted - left], axis=1).ravel()
        wanted = wanted[wanted > 0]
    size = np.diff(start, append=len(points))
    return np.sort(order[start + rng.integers(size)])
