"""The 1024 tables of entropy coding; they are whole numbers by definition (formats/qaad-1.md, "Entropy").

Table t = 64 f + s gives each integer from -T to T a frequency of at least 1 in 2^24. Its family f = 8 (c - 1) + j sets
the shape (1 + 2^(4-j) (|q| / u)^c)^(-2^j). With j = 6 this is near Laplace's for c = 1 and near Gauss's for c = 2; a
smaller j has heavier tails. Its scale s sets u = (16, 19, 23, 27)[s mod 4] / 16 · 2^⌊s/4⌋: four scales make an octave.
"""

from __future__ import annotations

from functools import lru_cache

import constriction
import numpy as np

from qaadcodec.arrays import Longs, Singles

PRECISION = 24  # bits of a frequency
FAMILIES, SCALES = 16, 64
MAX_MAGNITUDE = (1 << 15) - 1
MANTISSAS = (16, 19, 23, 27)


def table_of(family: int, scale: int) -> int:
    """The number t of a table."""
    return family * SCALES + scale


def largest(table: int) -> int:
    """T: the table codes the integers from -T to T."""
    return min(256 + (_unit(table) >> 2), MAX_MAGNITUDE)


def boundaries(table: int) -> Longs:
    """Where the quantiles of each integer from -T to T begin, and 2^24 at the end: (2 T + 2,), rising from 0."""
    power, j = 1 + table // SCALES // 8, table // SCALES % 8
    top, count = _unit(table) ** power, 2 * largest(table) + 1
    shift = np.uint64(PRECISION)
    distance = np.arange(largest(table) + 1, dtype=np.uint64) ** np.uint64(power) << np.uint64(4 + 4 * power - j)
    weights = (np.uint64(top) << shift) // (np.uint64(top) + distance)  # at most 2^24, so nothing below overflows
    for _ in range(j):
        weights = weights * weights >> shift
    rising = np.zeros(count + 1, dtype=np.uint64)
    np.cumsum(np.concatenate([weights[:0:-1], weights]), out=rising[1:])
    free = np.uint64((1 << PRECISION) - count)  # what is left when each integer has the frequency 1
    edges: Longs = (rising * free // rising[-1]).astype(np.int64) + np.arange(count + 1)
    return edges


@lru_cache(maxsize=256)
def model(table: int) -> constriction.stream.model.Categorical:
    """The table for constriction, which codes q as the symbol q + T.

    For n symbols constriction puts boundary i at ⌊F_i (2^24 - n) / 2^24⌋ + i, where F_i is 2^24 times the sum of the
    probabilities before i. For whole F_i that is exact in float64, and F_i is chosen such that the boundary comes out.
    """
    edges, one = boundaries(table), 1 << PRECISION
    count = len(edges) - 1
    sums = -(-(edges - np.arange(count + 1)) * one // (one - count))  # rounded up
    return constriction.stream.model.Categorical(np.diff(sums) / one, perfect=False)


@lru_cache(maxsize=1024)
def bits(table: int) -> Singles:
    """What each |q| costs, in bits: (T + 1,)."""
    frequencies = np.diff(boundaries(table))[largest(table) :]
    return (PRECISION - np.log2(frequencies)).astype(np.float32)


def _unit(table: int) -> int:
    """16 u."""
    octave, quarter = divmod(table % SCALES, 4)
    return MANTISSAS[quarter] << octave
