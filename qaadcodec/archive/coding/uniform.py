"""Coding 2, uniform: integers of b bits times one power of two per row (formats/qaad-1.md, "Uniform").

A row is a line along the last axis; a vector is one row. Steps that are powers of two make `q * 2^e` exact in float32,
so that every machine reads the same numbers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qaadcodec.archive.coding.bits import pack, packed_size, unpack
from qaadcodec.errors import ArchiveError, UsageError

MIN_BITS, MAX_BITS = 2, 16
MAX_EXPONENT = 100  # |e|; keeps every product a normal float32


def encode(values: npt.NDArray[np.float32], bits: int) -> bytes:
    """Values of any shape as bits, exponents and packed integers; UsageError from a magnitude of 2^100."""
    rows = values.reshape(-1, values.shape[-1]).astype(np.float64)
    if np.abs(rows).max(initial=0) >= 2.0**MAX_EXPONENT:
        raise UsageError(f"{np.abs(rows).max():g} is beyond 2^{MAX_EXPONENT}, the range of uniform coding")
    integers, exponents = nearest(rows, bits)
    return bytes([bits]) + exponents.astype(np.int8).tobytes() + pack(integers.reshape(-1), bits)


def nearest(rows: npt.NDArray[np.float64], bits: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Integers (R, n) and exponents (R,) that come closest to rows (R, n).

    For each row the exponent that covers the largest magnitude and the two below it are tried, values beyond the range
    being clipped; the one with the least squared error stays, the largest among equals.
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


def decode(data: memoryview, shape: tuple[int, ...]) -> tuple[npt.NDArray[np.float32], int]:
    """Values float32 of that shape from the start of `data`, and the bytes they took."""
    count, rows = _product(shape), _product(shape[:-1])
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
    steps = np.ldexp(np.float32(1), exponents)
    return (integers.reshape(rows, -1).astype(np.float32) * steps[:, None]).reshape(shape), size


def least(count: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Bytes of arrays of so many numbers and rows, of the fewest bits."""
    return 1 + rows + (count * MIN_BITS + 7) // 8


def _product(shape: tuple[int, ...]) -> int:
    """As Python's integers, which do not overflow: shapes come from the file."""
    product = 1
    for n in shape:
        product *= n
    return product
