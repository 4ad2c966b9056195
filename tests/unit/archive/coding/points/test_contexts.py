"""Symbols of numbers of points in half of a node."""

from __future__ import annotations

import numpy as np

from qaadcodec.archive.coding.points.contexts import MANY, Contexts


def test_every_number_of_points_in_a_half_has_its_symbol() -> None:
    for n in [*range(1, 40), 255, 256, 1000]:
        low = np.arange(n + 1)
        for mirrored in (False, True):
            context = Contexts(np.full(n + 1, n), np.zeros_like(low), np.full(n + 1, mirrored), [])
            symbols, rest = context.symbols(low)
            rests = context.rests(symbols)
            assert len(rest) == len(rests.nodes)
            assert (rest >= 0).all()
            assert (rest < rests.widths).all()
            assert (rests.widths >= 2).all()
            assert symbols.min() == 0
            assert symbols.max() == min(n, MANY - 1)
            np.testing.assert_array_equal(context.low(symbols, rests, rest), low)
