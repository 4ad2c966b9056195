"""Tables of frequencies for the splits of a tree of points (formats/qaad-1.md, "Points": tables).

The number of a node's points, and how steep the density is across it, choose the row that codes its symbol. A row
starts as a beta-binomial distribution, and learns from what was coded with it in the splits before. All numbers are
whole.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from math import comb
from operator import mul

import numpy as np

from qaadcodec.archive.coding.points.contexts import MANY, SYMBOLS, Contexts, Part
from qaadcodec.archive.coding.points.slope_weights import weighted_slope
from qaadcodec.arrays import Doubles, Integers, Longs, Singles

# Chances, in 1/256, that a point lies in the half that the slope points to, for each quarter of a slope of 1:
# 1 / (1 + e^-x) in the middle of the quarter. They are written out, because libraries' exponentials may differ.
CHANCES = [136, 152, 167, 181, 193, 204, 214, 222, 229, 234, 239, 242]
CHANCES += [245, 248, 249, 251, 252, 253, 254, 254, 254, 255, 255, 255]
CLASSES = len(CHANCES)
CLASS_SHIFT = 6  # a class is a quarter of a slope of 1
FIRST, LEARN = 1024, 8  # what a row starts with, and what each symbol adds to it
SPREAD = 6  # how far the points of a node depend on each other
MANY_AS = 32  # points: a node of many counts as one of so many at first
ALPHABETS = ((1, 1, 2), (2, 3, 4), (4, 1 << 24, SYMBOLS))  # least and most points, symbols
ROWS_OF_ALPHABETS = {size: ((least - 1) * CLASSES, min(most, MANY) * CLASSES) for least, most, size in ALPHABETS}


class AdaptiveTables:
    """The rows as they are now.

    Args:
        weights: of the slopes, in 1/32: (GROUPS, FEATURES).
    """

    def __init__(self, weights: Longs) -> None:
        self._weights = weights
        self._rows = _first_rows().copy()

    def contexts(self, counts: Integers, features: Singles) -> Contexts:
        """The contexts of nodes of so many points (n,), with these slopes (FEATURES, n)."""
        slope = weighted_slope(self._weights, counts, features)
        steepness = np.minimum(np.abs(slope) >> CLASS_SHIFT, CLASSES - 1)
        rows = ((np.minimum(counts, MANY) - 1) * CLASSES + steepness).astype(np.intp)
        parts: list[tuple[Part, int]] = []
        for least, most, size in ALPHABETS:
            nodes = np.flatnonzero((counts >= least) & (counts <= most))
            if len(nodes):
                parts.append((nodes if len(nodes) < len(counts) else slice(None), size))
        return Contexts(counts, rows, slope < 0, parts)

    def probabilities(self, contexts: Contexts, part: Part, size: int) -> Doubles:
        """Of each symbol of an alphabet at the nodes of a part: (n, size), multiples of 2^-24 that sum to 1."""
        first, last = ROWS_OF_ALPHABETS[size]
        rows = self._rows[first:last, :size]
        shares = (rows << 24) // rows.sum(axis=1, keepdims=True)
        shares[:, 0] += (1 << 24) - shares.sum(axis=1)
        table: Doubles = shares / (1 << 24)
        return table.take(contexts.rows[part] - first, axis=0)

    def learn(self, contexts: Contexts, symbols: Integers) -> None:
        """Add the symbols (n,) of the nodes of a split to the rows that coded them."""
        seen = np.bincount(contexts.rows * SYMBOLS + symbols, minlength=self._rows.size)
        self._rows += LEARN * seen.reshape(self._rows.shape)


@lru_cache(maxsize=1)
def _first_rows() -> Longs:
    """The rows (MANY * CLASSES, SYMBOLS) at the start: first those of 1 point, and among these first the flattest."""
    rows = np.zeros((MANY * CLASSES, SYMBOLS), dtype=np.int64)
    for n in range(1, MANY + 1):
        most, spread = min(n, SYMBOLS - 1), SPREAD * (n if n < MANY else MANY_AS)
        for steepness, chance in enumerate(CHANCES):
            lower, upper = _rising(256 - chance, spread, most), _rising(chance, spread, most)
            weights = [comb(most, k) * lower[k] * upper[most - k] for k in range(most + 1)]
            total = sum(weights)
            row = [1 + FIRST * weight // total for weight in weights]
            rows[(n - 1) * CLASSES + steepness, : most + 1] = row
    return rows


def _rising(start: int, distance: int, factors: int) -> list[int]:
    """The products of 0, 1, … and so many numbers from `start` on, at that distance from each other."""
    return list(accumulate((start + distance * i for i in range(factors)), mul, initial=1))
