"""Symbols: how the number of points in half of a node is coded (formats/qaad-1.md, "Points": tables).

In nodes of fewer than 16 points the symbol is the number itself. In larger ones it is one of 16 intervals of numbers,
and the *rest*, the place in the interval, is coded evenly.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from qaadcodec.arrays import Indices, Integers, Mask

SYMBOLS = MANY = 16  # a node of at least MANY points has SYMBOLS intervals
INNER = SYMBOLS - 2  # intervals of such a node, without that of no points and that of all


Part: TypeAlias = Indices | slice
"""Some nodes: their indices, or a slice for all of them."""


class Rests(NamedTuple):
    """The nodes whose symbol leaves several numbers, (m,)."""

    nodes: Indices
    starts: Integers
    """the first of these numbers"""
    widths: Integers
    """how many there are, at least 2"""


class Contexts(NamedTuple):
    """What decides how the nodes of one split are coded.

    Attributes:
        counts: points of each node, (n,).
        rows: the row of the tables that codes each node's symbol, (n,).
        mirrored: nodes (n,) whose slope points down; for these the points of the upper half are coded.
        parts: the nodes that share an alphabet, and its size, in the order in which they are coded.
    """

    counts: Integers
    rows: Indices
    mirrored: Mask
    parts: list[tuple[Part, int]]

    def symbols(self, low: Integers) -> tuple[Integers, Integers]:
        """The symbols (n,) for `low` (n,) points in the lower halves, and the rests of the nodes that have one."""
        coded = self._mirror(low)
        many = 1 + (coded - 1) * INNER // np.maximum(self.counts - 1, 1)
        symbols = np.where(self.counts >= MANY, many, coded)
        rests = self.rests(symbols)
        return symbols, coded[rests.nodes] - rests.starts

    def rests(self, symbols: Integers) -> Rests:
        """The nodes that have a rest."""
        nodes = np.flatnonzero((self.counts >= MANY) & (symbols > 0) & (symbols <= INNER))
        starts = _start(symbols[nodes], self.counts[nodes])
        widths = _start(symbols[nodes] + 1, self.counts[nodes]) - starts
        several = widths > 1
        return Rests(nodes[several], starts[several], widths[several])

    def low(self, symbols: Integers, rests: Rests, rest: Integers) -> Integers:
        """The inverse of `symbols`. What damaged data give may be below 0, or more than the points of a node."""
        coded, many = symbols, np.flatnonzero(self.counts >= MANY)
        if len(many):
            coded = symbols.copy()
            coded[many] = _start(symbols[many], self.counts[many])
            coded[rests.nodes] = rests.starts + rest
        return self._mirror(coded)

    def _mirror(self, points: Integers) -> Integers:
        """From points in the lower halves to those that are coded, and back."""
        mirrored: Integers = np.where(self.mirrored, self.counts - points, points)
        return mirrored


def _start(symbols: Integers, counts: Integers) -> Integers:
    """The least number with that symbol in nodes of many points: 1 + ⌈(s - 1)(n - 1) / 14⌉, and 0 for s = 0."""
    starts: Integers = np.maximum(1 - (1 - symbols) * (counts - 1) // INNER, 0)
    return starts
