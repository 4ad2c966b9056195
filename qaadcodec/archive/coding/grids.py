"""Quantiser grids: the numbers of an archive are whole multiples of them (formats/qaad-1.md, "Grids").

A grid is m · 2^e with m from 128 to 255, so it is stored in two bytes, and q times the grid is exact in float32 for
|q| up to 2^16, on every machine.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qaadcodec.errors import ArchiveError, UsageError

LOW, HIGH = 128, 255  # m
MIN_EXPONENT, MAX_EXPONENT = -100, 100  # e
GRID = struct.Struct("<Bb")

Reals = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Grids:
    """Grids of everything that is entropy-coded; all of them as `storable` gives them.

    Attributes:
        weights: of each tensor of the network, by name.
        latents: of each number of a latent, (l,) float32.
        input_cloud: of the coordinates of Q, normalised.
    """

    weights: Mapping[str, float]
    latents: npt.NDArray[np.float32]
    input_cloud: float


def parts(grid: float) -> tuple[int, int]:
    """(m, e) of the storable grid nearest to a positive number by ratio; UsageError where there is none near."""
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
    """The storable grid nearest to a positive number by ratio, m · 2^e."""
    m, e = parts(grid)
    return math.ldexp(m, e)


def pack_grid(grid: float) -> bytes:
    """The two bytes of a grid: m, then e signed; UsageError for one that `storable` would change."""
    m, e = parts(grid)
    if math.ldexp(m, e) != grid:
        raise UsageError(f"a quantiser step of {grid!r} cannot be stored as it is: {math.ldexp(m, e)!r} can")
    return GRID.pack(m, e)


def unpack_grid(data: bytes) -> float:
    """The grid of two bytes; ArchiveError where m or e is out of range."""
    m, e = GRID.unpack(data)
    if m < LOW or not MIN_EXPONENT <= e <= MAX_EXPONENT:
        raise ArchiveError(
            f"a quantiser step is {m} · 2^{e}: the factor may be {LOW} to {HIGH}, "
            f"the exponent {MIN_EXPONENT} to {MAX_EXPONENT}"
        )
    return math.ldexp(m, e)


def to_integers(name: str, values: npt.NDArray[np.floating], grid: float | Reals, limit: int) -> npt.NDArray[np.int64]:
    """Values over their grid, rounded, and clipped to -limit .. limit; UsageError names what holds NaN or infinity."""
    if not np.isfinite(values).all():
        raise UsageError(f"{name} holds values that are not finite, and cannot be stored")
    return np.clip(np.rint(values.astype(np.float64) / grid), -limit, limit).astype(np.int64)
