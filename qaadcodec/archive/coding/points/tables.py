"""Tables of frequencies for the splits of a tree of points (formats/qaad-1.md, "Points").

A node's row is chosen by its number of points and by how steep the density is across it. A row starts as a
beta-binomial distribution and learns from what was coded with it in the splits before. Whole numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb, prod

import numpy as np
import numpy.typing as npt

from qaadcodec.archive.coding.points.contexts import FEATURES, Ints

GROUPS = 3  # of nodes that share weights: of 1 point, of 2 or 3, of more
WEIGHT_ONE = 32
SYMBOLS = MANY = 16  # from so many points on, one of 16 intervals is coded, and the place in it evenly
INNER = SYMBOLS - 2  # intervals of nodes of many points but for those of none and of all
# Chances, in 1/256, that a point lies in the half that the slope points to, by the slope's quarter: 1/(1 + e^-x) in
# their middles. Written out, as no two libraries' exponentials need agree.
CHANCES = [136, 152, 167, 181, 193, 204, 214, 222, 229, 234, 239, 242]
CHANCES += [245, 248, 249, 251, 252, 253, 254, 254, 254, 255, 255, 255]
CLASSES = len(CHANCES)
CLASS_SHIFT = 6  # a class is a quarter of a slope of 1
FIRST, LEARN = 1024, 8  # what a row starts with, and what each symbol adds
SPREAD = 6  # how far the points of a node depend on each other
MANY_AS = 32  # how many points a node of many counts as at first
ALPHABETS = ((1, 1, 2), (2, 3, 4), (4, 1 << 24, SYMBOLS))  # least and most points, symbols


@dataclass(frozen=True, slots=True)
class Contexts:
    """What decides how the nodes of one split are coded.

    Attributes:
        counts: points of each node, (n,).
        rows: row of the table of each node, (n,).
        mirrored: nodes (n,) of which the points of the upper half are coded, as the slope points down.
        parts: indices of the nodes that share an alphabet, and its size, in the order in which they are coded.
    """

    counts: Ints
    rows: Ints
    mirrored: npt.NDArray[np.bool_]
    parts: list[tuple[Ints, int]]

    def symbols(self, low: Ints) -> tuple[Ints, Ints]:
        """Symbols (n,) that say how many points `low` (n,) are in the lower half, and what is to be coded evenly."""
        coded = np.where(self.mirrored, self.counts - low, low)
        many = 1 + (coded - 1) * INNER // np.maximum(self.counts - 1, 1)
        symbols = np.where(self.counts >= MANY, many, coded)
        nodes, starts, _ = self._intervals(symbols)
        return symbols, coded[nodes] - starts

    def widths(self, symbols: Ints) -> Ints:
        """How many numbers there are for what is coded evenly, each at least 2."""
        return self._intervals(symbols)[2]

    def low(self, symbols: Ints, rest: Ints) -> Ints:
        """The inverse of `symbols`; what damaged data give may be below 0, or more than the points of a node."""
        coded = symbols.copy()
        many = self.counts >= MANY
        coded[many] = _start(symbols[many], self.counts[many])
        nodes, starts, _ = self._intervals(symbols)
        coded[nodes] = starts + rest
        low: Ints = np.where(self.mirrored, self.counts - coded, coded)
        return low

    def _intervals(self, symbols: Ints) -> tuple[Ints, Ints, Ints]:
        """Nodes whose symbol leaves several numbers, the first of them and how many."""
        nodes = np.flatnonzero((self.counts >= MANY) & (symbols > 0) & (symbols <= INNER))
        starts = _start(symbols[nodes], self.counts[nodes])
        widths = _start(symbols[nodes] + 1, self.counts[nodes]) - starts
        several = widths > 1
        return nodes[several], starts[several], widths[several]


def _start(symbols: Ints, counts: Ints) -> Ints:
    """Least number with that symbol in nodes of many points: the interval s starts at 1 + ⌈(s - 1)(n - 1) / 14⌉."""
    starts: Ints = np.maximum(1 - (1 - symbols) * (counts - 1) // INNER, 0)
    return starts


def group_of(counts: Ints) -> Ints:
    """Which weights nodes of so many points have, (n,)."""
    groups: Ints = (counts > 1).astype(np.int64) + (counts > 3)
    return groups


class Tables:
    """The rows as they are now.

    Args:
        weights: of the slopes, in 1/WEIGHT_ONE: (GROUPS, FEATURES).
    """

    def __init__(self, weights: Ints) -> None:
        assert weights.shape == (GROUPS, FEATURES)
        self._weights = weights
        self._rows = _first_rows().copy()

    def contexts(self, counts: Ints, features: Ints) -> Contexts:
        """Of nodes of so many points (n,) with these slopes (FEATURES, n)."""
        slope = (self._weights[group_of(counts)].T * features).sum(axis=0) // WEIGHT_ONE
        steepness = np.minimum(np.abs(slope) >> CLASS_SHIFT, CLASSES - 1)
        rows = (np.minimum(counts, MANY) - 1) * CLASSES + steepness
        nodes = [(np.flatnonzero((counts >= least) & (counts <= most)), size) for least, most, size in ALPHABETS]
        return Contexts(counts, rows, slope < 0, [(part, size) for part, size in nodes if len(part)])

    def probabilities(self, contexts: Contexts, part: Ints, size: int) -> npt.NDArray[np.float64]:
        """Of each symbol of an alphabet at the nodes of a part (n, size): multiples of 2^-24 that sum to 1."""
        rows = self._rows[:, :size]
        shares = (rows << 24) // np.maximum(rows.sum(axis=1, keepdims=True), 1)
        shares[:, 0] += (1 << 24) - shares.sum(axis=1)
        table: npt.NDArray[np.float64] = shares / (1 << 24)
        return table[contexts.rows[part]]

    def learn(self, contexts: Contexts, symbols: Ints) -> None:
        """Take in what the nodes of a split turned out to be, (n,)."""
        seen = np.bincount(contexts.rows * SYMBOLS + symbols, minlength=self._rows.size)
        self._rows += LEARN * seen.reshape(self._rows.shape)


@lru_cache(maxsize=1)
def _first_rows() -> Ints:
    """Rows (MANY * CLASSES, SYMBOLS) that nothing was coded with: those of 1 point first, the flattest first."""
    rows = np.zeros((MANY * CLASSES, SYMBOLS), dtype=np.int64)
    for n in range(1, MANY + 1):
        most, spread = min(n, SYMBOLS - 1), SPREAD * (n if n < MANY else MANY_AS)
        for steepness, chance in enumerate(CHANCES):
            weights = [
                comb(most, k) * _rising(256 - chance, spread, k) * _rising(chance, spread, most - k)
                for k in range(most + 1)
            ]
            row = [1 + FIRST * weight // sum(weights) for weight in weights]
            rows[(n - 1) * CLASSES + steepness, : most + 1] = row
    return rows


def _rising(start: int, step: int, factors: int) -> int:
    """The product of so many numbers from `start` on, `step` apart."""
    return prod(start + step * i for i in range(factors))
