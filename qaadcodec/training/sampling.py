"""The rows of the input cloud that a step looks at."""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Rows


def sample_rows(offsets: Rows, points: int, rng: np.random.Generator) -> Rows:
    """About `points` different rows, the same number s from every patch (paper section 3.4), (K, s), ascending.

    Each patch is taken as a ring and cut into s runs of rows from a random place on; one row of each run is drawn. So
    no row comes twice, on which swaps of targets between rows rely, and all rows are equally likely.

    Args:
        offsets: first row of each patch and the end, (K + 1,).
        points: at least one per patch and at most the smallest patch are taken.
    """
    first, size = offsets[:-1, None], np.diff(offsets)[:, None]
    s = min(max(1, points // len(size)), int(size.min()))
    cuts = size * np.arange(s + 1) // s
    drawn = cuts[:, :-1] + (rng.random((len(size), s)) * np.diff(cuts)).astype(np.int64)
    turned = (drawn + rng.integers(size)) % size
    return np.asarray(first + np.sort(turned, axis=1), np.int64)
