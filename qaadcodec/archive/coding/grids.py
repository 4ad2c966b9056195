"""The grids that numbers are rounded to (formats/qaad-1.md, "Grids").

The numbers of a grid are the whole multiples of its spacing m · 2^e, with m from 128 to 255. So two bytes store a grid,
and q times the spacing is exact in float32 on every machine for whole |q| up to 2^16. In code a `grid` is its spacing.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from qaadcodec.arrays import Floats, Longs, Singles
from qaadcodec.errors import ArchiveError, UsageError

LOW, HIGH = 128, 255  # of m
MIN_EXPONENT, MAX_EXPONENT = -100, 100  # of e
GRID = struct.Struct("<Bb")


class Grids(NamedTuple):
    """The grids of everything that is entropy-coded: the spacing of each, as `storable` gives it.

    Attributes:
        weights: of each tensor of the network, by name.
        latents: of each dimension of the latents, (l,) float32.
        input_cloud: of the coordinates of Q, in normalised units.
    """

    weights: Mapping[str, float]
    latents: Singles
    input_cloud: float


def parts(grid: float) -> tuple[int, int]:
    """(m, e) of the grid that can be stored and whose spacing is nearest to a positive number, by ratio.

    Raises:
        UsageError: the number is not positive and finite, or beyond the range of e.
    """
    if not (math.isfinite(grid) and grid > 0):
        raise UsageError(f"a quantiser step is {grid:g}, and must be above 0")
    fraction, exponent = math.frexp(grid)  # grid = fraction · 2^exponent, 0.5 <= fraction < 1
    m, e = round(fraction * 2 * LOW), exponent - 8
    if m > HIGH:
        m, e = LOW, e + 1
    if not MIN_EXPONENT <= e <= MAX_EXPONENT:
        raise UsageError(f"a quantiser step of {grid:g} is out of range: 2^{MIN_EXPONENT + 8} to 2^{MAX_EXPONENT + 8}")
    return m, e


def storable(grid: float) -> float:
    """The spacing m · 2^e that can be stored and is nearest to a positive number, by ratio.

    Raises:
        UsageError: as `parts`.
    """
    m, e = parts(grid)
    return math.ldexp(m, e)


def pack_grid(grid: float) -> bytes:
    """The two bytes of a grid: m, then e, signed.

    Raises:
        UsageError: `storable` would change the grid.
    """
    m, e = parts(grid)
    if math.ldexp(m, e) != grid:
        raise UsageError(f"a quantiser step of {grid!r} cannot be stored as it is: {math.ldexp(m, e)!r} can")
    return GRID.pack(m, e)


def unpack_grid(data: bytes) -> float:
    """The grid of two bytes.

    Raises:
        ArchiveError: m or e is out of range.
    """
    m, e = GRID.unpack(data)
    if m < LOW or not MIN_EXPONENT <= e <= MAX_EXPONENT:
        raise ArchiveError(
            f"a quantiser step is {m} · 2^{e}: the factor may be {LOW} to {HIGH}, "
            f"the exponent {MIN_EXPONENT} to {MAX_EXPONENT}"
        )
    return math.ldexp(m, e)


def to_integers(name: str, values: Floats, grid: float | Floats, limit: int) -> Longs:
    """Values over the spacing of their grid, rounded, and clipped to -limit .. limit.

    Args:
        name: what a message calls the values.
        values: of any shape.
        grid: one for all values, or an array that broadcasts to them.
        limit: the largest magnitude.

    Raises:
        UsageError: a value is NaN or infinite.
    """
    if not np.isfinite(values).all():
        raise UsageError(f"{name} holds values that are not finite, and cannot be stored")
    return np.clip(np.rint(values.astype(np.float64) / grid), -limit, limit).astype(np.int64)
