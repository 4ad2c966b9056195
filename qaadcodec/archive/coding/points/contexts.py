"""Symbols: how the number of points in half of a node is coded (formats/qaad-1.md, "Points": tables).

In nodes of fewer than 16 points the symbol is the number itself. In larger ones it is one of 16 intervals of numbers,
and the *rest*, the place in the interval, is coded evenly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Indices, Longs, Mask

SYMBOLS = MANY = 16  # a node of at least MANY points has SYMBOLS intervals
INNER = SYMBOLS - 2  # intervals of such a node, without that of no points and that of all


@dataclass(frozen=True, slots=True)
class Contexts:
    """What decides how the nodes of one split are coded.

    Attributes:
        counts: points of each node, (n,).
        rows: the row of the tables that codes each node's symbol, (n,).
        mirrored: nodes (n,) whose slope points down; for these the points of the upper half are coded.
        parts: indices of the nodes that share an alphabet, and its size, in the order in which they are coded.
    """

    counts: Longs
    rows: Longs
    mirrored: Mask
    parts: list[tuple[Indices, int]]

    def symbols(self, low: Longs) -> tuple[Longs, Longs]:
        """The symbols (n,) for `low` (n,) points in the lower halves, and the rests of the nodes that have one."""
        coded = np.where(self.mirrored, self.counts - low, low)
        many = 1 + (coded - 1) * INNER // np.maximum(self.counts - 1, 1)
        symbols = np.where(self.counts >= MANY, many, coded)
        nodes, starts, _ = self._intervals(symbols)
        return symbols, coded[nodes] - starts

    def widths(self, symbols: Longs) -> Longs:
        """How many values each rest may have, at least 2; nodes without a rest are left out."""
        return self._intervals(symbols)[2]

    def low(self, symbols: Longs, rest: Longs) -> Longs:
        """The inverse of `symbols`. What damaged data give may be below 0, or more than the points of a node."""
        coded = symbols.copy()
        many = self.counts >= MANY
        coded[many] = _start(symbols[many], self.counts[many])
        nodes, starts, _ = self._intervals(symbols)
        coded[nodes] = starts + rest
        low: Longs = np.where(self.mirrored, self.counts - coded, coded)
        return low

    def _intervals(self, symbols: Longs) -> tuple[Indices, Longs, Longs]:
        """The nodes whose symbol leaves several numbers, the first of these numbers, and how many there are."""
        nodes = np.flatnonzero((self.counts >= MANY) & (symbols > 0) & (symbols <= INNER))
        starts = _start(symbols[nodes], self.counts[nodes])
        widths = _start(symbols[nodes] + 1, self.counts[nodes]) - starts
        several = widths > 1
        return nodes[several], starts[several], widths[several]


def _start(symbols: Longs, counts: Longs) -> Longs:
    """The least number with that symbol in nodes of many points: 1 + ⌈(s - 1)(n - 1) / 14⌉, and 0 for s = 0."""
    starts: Longs = np.maximum(1 - (1 - symbols) * (counts - 1) // INNER, 0)
    return starts
