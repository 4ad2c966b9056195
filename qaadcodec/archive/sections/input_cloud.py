"""The input cloud section in coding 5: a grid, then the points as whole numbers (formats/qaad-1.md, "INPT")."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qaadcodec.archive.coding.codings import Array
from qaadcodec.archive.coding.grids import GRID, pack_grid, to_integers, unpack_grid
from qaadcodec.archive.coding.points.tree import decode_points, encode_points
from qaadcodec.errors import ArchiveError

MAX_COORDINATE = 1 << 16  # times 8 bits of grid is exact in float32


def encode_input_cloud(cloud: Array, grid: float, patches: int) -> bytes:
    """Q (M, 3) as multiples of a grid; the order of the points within a patch is not kept.

    UsageError for values that are not finite, and a grid that cannot be stored.
    """
    integers = to_integers("input cloud", cloud, grid, MAX_COORDINATE).astype(np.int32)
    return pack_grid(grid) + encode_points(integers, patch_sizes(len(cloud), patches))


def decode_input_cloud(data: bytes, points: int, patches: int) -> Array:
    """Q (M, 3) float32, patch by patch; ArchiveError where the section is damaged."""
    if len(data) < GRID.size:
        raise ArchiveError(f"{len(data)} bytes, and the step alone takes {GRID.size}")
    grid = unpack_grid(data[: GRID.size])
    integers = decode_points(data[GRID.size :], patch_sizes(points, patches))
    if (largest := int(np.abs(integers.astype(np.int64)).max())) > MAX_COORDINATE:
        raise ArchiveError(f"a coordinate is {largest} steps, and may be {MAX_COORDINATE}")
    return integers.astype(np.float32) * np.float32(grid)


def patch_sizes(points: int, patches: int) -> npt.NDArray[np.int64]:
    """Points of each patch, (K,): with M = K S' + r the first r have S' + 1, the others S'."""
    size, rest = divmod(points, patches)
    return size + (np.arange(patches) < rest).astype(np.int64)
