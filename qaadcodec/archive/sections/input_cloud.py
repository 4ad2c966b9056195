"""The input cloud section: an array in codings 0 to 2, a grid and points in coding 5 (formats/qaad-1.md, "INPT")."""

from __future__ import annotations

import numpy as np

from qaadcodec.archive.coding.codings import Coding, decode_arrays, encode_arrays
from qaadcodec.archive.coding.grids import GRID, pack_grid, to_integers, unpack_grid
from qaadcodec.archive.coding.points.point_sets import decode_points, encode_points
from qaadcodec.arrays import Longs, Singles
from qaadcodec.errors import ArchiveError

MAX_COORDINATE = 1 << 16  # its product with the 8 bits of a grid is exact in float32


def encode_axes(cloud: Singles, coding: Coding, bits: int) -> bytes:
    """Q (M, 3) as one array (3, M), so that uniform coding has an exponent per axis. Nothing is reordered.

    Raises:
        UsageError: a value is not finite or out of the coding's range.
    """
    return encode_arrays([("input cloud", np.ascontiguousarray(cloud.T))], coding, bits)  # (3, M)


def decode_axes(data: bytes, points: int, coding: Coding) -> Singles:
    """The inverse of `encode_axes`: Q (M, 3) float32.

    Raises:
        ArchiveError: the section is damaged.
    """
    axes = decode_arrays(data, [("input cloud", (3, points))], coding)
    return np.ascontiguousarray(axes["input cloud"].T)  # (M, 3)


def encode_input_cloud(cloud: Singles, grid: float, patches: int) -> bytes:
    """Q (M, 3), rounded to a grid. The order of the points within a patch is not kept.

    Raises:
        UsageError: a value is not finite, or the grid cannot be stored.
    """
    integers = to_integers("input cloud", cloud, grid, MAX_COORDINATE).astype(np.int32)
    return pack_grid(grid) + encode_points(integers, patch_sizes(len(cloud), patches))


def decode_input_cloud(data: bytes, points: int, patches: int) -> Singles:
    """Q (M, 3) float32, patch by patch.

    Raises:
        ArchiveError: the section is damaged.
    """
    if len(data) < GRID.size:
        raise ArchiveError(f"{len(data)} bytes, and the step alone takes {GRID.size}")
    grid = unpack_grid(data[: GRID.size])
    integers = decode_points(data[GRID.size :], patch_sizes(points, patches))
    if (largest := int(np.abs(integers.astype(np.int64)).max())) > MAX_COORDINATE:
        raise ArchiveError(f"a coordinate is {largest} steps, and may be {MAX_COORDINATE}")
    return integers.astype(np.float32) * np.float32(grid)


def patch_sizes(points: int, patches: int) -> Longs:
    """Points of each patch, (K,): with M = K S' + r the first r patches have S' + 1, the others S'."""
    size, rest = divmod(points, patches)
    return size + (np.arange(patches) < rest).astype(np.int64)
