"""One cloud many times: files whose points are equal, or so close that only their rounding differs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.sets.looks.finding import NAMED, Finding, plural, some_of

NEAR = 1e-5  # of the size: the corners of two boxes come no nearer by chance; text of six digits moves them less


def repeats(paths: Sequence[str], counts: Sequence[int], digests: Sequence[int], boxes: Doubles) -> Finding | None:
    """What to say of clouds that are there before; the number of each is the place of the one that it repeats.

    Args:
        counts, digests: number of points and `Glimpse.digest` of each.
        boxes: least and greatest corner of each, (N, 2, 3).
    """
    first = firsts(counts, digests, boxes)
    odd = [i for i in range(len(paths)) if first[i] != i]
    if not odd:
        return None
    pairs = [f"{paths[i]} is {paths[first[i]]}" for i in odd[:NAMED]]
    more = f" and {len(odd) - NAMED} more" if len(odd) > NAMED else ""
    return Finding(
        "repeated",
        f"{some_of(len(odd), len(paths))} {plural(len(odd), 'repeats', 'repeat')} another: {', '.join(pairs)}{more}",
        f"leave {plural(len(odd), 'it', 'them')} out, unless that cloud is to count for more",
        tuple((paths[i], first[i]) for i in odd),
    )


def firsts(counts: Sequence[int], digests: Sequence[int], boxes: Doubles) -> list[int]:
    """For every cloud the first one that is the same, which may be itself."""
    from scipy.spatial import cKDTree

    seen: dict[tuple[int, int], int] = {}
    first = [seen.setdefault((counts[i], digests[i]), i) for i in range(len(counts))]
    own = sorted(seen.values())
    if len(own) < 2:
        return first
    size = float(np.median(np.ptp(boxes, axis=1).max(1)))
    corners = boxes.reshape(len(boxes), 6)[own] / size if size > 0 else np.zeros((len(own), 6))
    near = np.asarray(cKDTree(corners).query(corners, k=2, distance_upper_bound=NEAR)[1])  # len(own) for none
    same: dict[int, int] = {}
    for row, i in enumerate(own):
        for other in (own[k] for k in near[row].tolist() if k < row):
            if counts[other] == counts[i]:
                same[i] = same.get(other, other)
    return [same.get(i, i) for i in first]
