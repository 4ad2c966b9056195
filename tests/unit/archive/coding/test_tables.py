"""Tables of entropy coding: as the specification defines them, as constriction uses them, and good enough."""

from __future__ import annotations

from math import erfc

import constriction
import numpy as np
import pytest

from qaadcodec.archive.coding.tables import FAMILIES, SCALES, bits, boundaries, largest, model, table_of


def defined(table: int) -> list[int]:
    """formats/qaad-1.md, "Entropy", in Python's own integers."""
    family, s = divmod(table, 64)
    c, j = 1 + family // 8, family % 8
    u = (16, 19, 23, 27)[s % 4] * 2 ** (s // 4)
    top = min(256 + u // 4, 32767)
    y = [2**24 * u**c // (u**c + k**c * 2 ** (4 + 4 * c - j)) for k in range(top + 1)]
    for _ in range(j):
        y = [x * x // 2**24 for x in y]
    left, total, so_far = [], y[0] + 2 * sum(y[1:]), 0
    for i, q in enumerate(range(-top, top + 1)):
        left.append(so_far * (2**24 - 2 * top - 1) // total + i)
        so_far += y[abs(q)]
    return [*left, 2**24]


@pytest.mark.parametrize("table", [0, 7, 63, 64 * 7 + 30, 64 * 8 + 63, 916, 64 * 11 + 25, 1023])
def test_boundaries_are_those_of_the_specification(table: int) -> None:
    assert boundaries(table).tolist() == defined(table)


def test_every_table_is_whole() -> None:
    for table in range(FAMILIES * SCALES):
        edges = boundaries(table)
        assert (edges[0], edges[-1], len(edges)) == (0, 2**24, 2 * largest(table) + 2)
        assert np.diff(edges).min() >= 1
    assert (largest(0), largest(20), largest(63)) == (260, 384, 32767)


def test_constriction_uses_every_table_as_it_is_defined() -> None:
    """Symbols of random words, whose quantiles are known: all 1024 tables, 500 symbols each."""
    words = np.random.default_rng(0).integers(1, 1 << 32, 400, dtype=np.uint32)
    for table in range(FAMILIES * SCALES):
        edges = boundaries(table)
        symbols = constriction.stream.stack.AnsCoder(words).decode(model(table), 500)
        state, at = int(words[-1]) << 32 | int(words[-2]), len(words) - 3
        for symbol in symbols.tolist():
            quantile = state & 0xFFFFFF
            low, high = int(edges[symbol]), int(edges[symbol + 1])
            assert low <= quantile < high, (table, symbol)
            state = (high - low) * (state >> 24) + quantile - low
            if state < 1 << 32:
                state, at = state << 32 | int(words[at]), at - 1


@pytest.mark.parametrize("table", [0, 60, 916, 64 * 9 + 40])
def test_constriction_has_every_boundary_where_it_belongs(table: int) -> None:
    edges = boundaries(table)[1:-1]
    for symbol, edge in enumerate(edges.tolist()):
        for quantile, expected in ((edge - 1, symbol), (edge, symbol + 1)):
            if quantile:  # a stream that ends in a zero word is none
                coder = constriction.stream.stack.AnsCoder(np.array([quantile], dtype=np.uint32))
                assert coder.decode(model(table)) == expected


@pytest.mark.parametrize("shape", ["normal", "laplace"])
@pytest.mark.parametrize("deviation", [0.2, 0.3, 0.5, 0.7, 1, 2, 5, 20, 100, 500])
def test_the_best_table_loses_less_than_a_hundredth(shape: str, deviation: float) -> None:
    """Against the entropy of the distribution itself, not of a sample."""
    k = np.arange(0, int(40 * deviation) + 40)
    edges = np.concatenate([k - 0.5, [k[-1] + 0.5]])
    if shape == "normal":
        tails = np.array([erfc(x / deviation / 2**0.5) / 2 for x in edges])
    else:
        tails = np.where(edges < 0, 1, np.exp(-np.abs(edges) / deviation * 2**0.5) / 2)
    p = np.where(k == 0, 1 - 2 * tails[1], tails[:-1] - tails[1:])  # of +k; -k is as likely
    p, both = p[p > 0], np.where(k[p > 0] == 0, 1, 2)
    entropy = -(both * p * np.log2(p)).sum()
    costs = []
    for family in (14, 12, 11, 10, 9, 6, 4, 3, 2):
        for scale in range(SCALES):
            known = bits(table_of(family, scale))
            cost = np.where(k < len(known), known[np.minimum(k, len(known) - 1)], 40)[: len(p)]
            costs.append((both * p * cost).sum())
    assert entropy * 0.999 < min(costs) < entropy * 1.01
