"""Coding 2, uniform: integers of b bits times one power of two per row (formats/qaad-1.md, "Uniform").

A row is a line along the last axis; a vector is one row. Since the factor is a power of two, `q * 2^e` is exact in
float32, and every machine reads the same numbers.
"""

from __future__ import annotations

import math

import numpy as np

from qaadcodec.archive.coding.bits import pack, packed_size, unpack
from qaadcodec.arrays import Doubles, Ints, Longs, Singles
from qaadcodec.errors import ArchiveError, UsageError

MIN_BITS, MAX_BITS = 2, 16
MAX_EXPONENT = 100  # of |e|, so that every product is a normal float32


def encode(values: Singles, bits: int) -> bytes:
    """Values of any shape as bytes: the number of bits, the exponent of each row, the packed integers.

    Raises:
        UsageError: a magnitude is 2^100 or more.
    """
    rows = values.reshape(-1, values.shape[-1]).astype(np.float64)
    if np.abs(rows).max(initial=0) >= 2.0**MAX_EXPONENT:
        raise UsageError(f"{np.abs(rows).max():g} is beyond 2^{MAX_EXPONENT}, the range of uniform coding")
    integers, exponents = nearest(rows, bits)
    return bytes([bits]) + exponents.astype(np.int8).tobytes() + pack(integers.reshape(-1), bits)


def nearest(rows: Doubles, bits: int) -> tuple[Ints, Ints]:
    """The integers (R, n) and exponents (R,) that come closest to rows (R, n).

    For each row three exponents are tried: the one that covers the largest magnitude, and the two below it, with which
    values beyond the range are clipped. The one with the least squared error is taken, the largest of equals.
    """
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    largest = np.abs(rows).max(axis=1)
    _, covering = np.frexp(largest / high)  # largest / high <= 2^covering
    covering = np.where(largest > 0, covering, 0).astype(np.int32)
    best = np.full(len(rows), np.inf)
    exponents = np.zeros(len(rows), dtype=np.int32)
    integers = np.zeros(rows.shape, dtype=np.int32)
    for below in range(3):
        candidate = np.clip(covering - below, -MAX_EXPONENT, MAX_EXPONENT)
        q = np.clip(np.rint(np.ldexp(rows, -candidate[:, None])), low, high)
        error = np.square(np.ldexp(q, candidate[:, None]) - rows).sum(axis=1)
        better = error < best
        best[better], exponents[better], integers[better] = error[better], candidate[better], q[better]
    return integers, exponents


def decode(data: memoryview, shape: tuple[int, ...]) -> tuple[Singles, int]:
    """The values of that shape, float32, from the start of `data`, and the bytes that they took.

    Raises:
        ArchiveError: what is wrong in them.
    """
    count, rows = math.prod(shape), math.prod(shape[:-1])  # in Python's integers: a file may say any shape
    bits = data[0] if len(data) else 0
    if not MIN_BITS <= bits <= MAX_BITS:
        raise ArchiveError(f"{bits} bits a value, and there may be {MIN_BITS} to {MAX_BITS}")
    size = 1 + rows + packed_size(count, bits)
    if size > len(data):
        raise ArchiveError(f"{count} values of {bits} bits in {rows} rows need {size} bytes, and {len(data)} are left")
    exponents = np.frombuffer(data[1 : 1 + rows], dtype=np.int8).astype(np.int32)
    if np.any(np.abs(exponents) > MAX_EXPONENT):
        worst = int(exponents[np.argmax(np.abs(exponents))])
        raise ArchiveError(f"an exponent is {worst}, and may be -{MAX_EXPONENT} to {MAX_EXPONENT}")
    integers = unpack(bytes(data[1 + rows : size]), count, bits)
    factors = np.ldexp(np.float32(1), exponents)  # (R,)
    return (integers.reshape(rows, -1).astype(np.float32) * factors[:, None]).reshape(shape), size


def least(count: Longs, rows: Longs) -> Longs:
    """The least bytes that arrays of so many numbers and rows take: those with the fewest bits."""
    return 1 + rows + (count * MIN_BITS + 7) // 8
