"""Clouds as the kernels take them: three finite coordinates a point, in float32 or float64."""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Floats, Numbers
from qaadcodec.errors import UsageError


def coordinates(*clouds: Numbers) -> list[Floats]:
    """Contiguous copies of some clouds: all in float32 if all of them are, else all in float64.

    The kernels are compiled for these two dtypes, and trust what they are given. Hence clouds are checked here.

    Args:
        clouds: (M, 3) each, real numbers of any dtype.

    Raises:
        UsageError: a cloud is not (M, 3), or a coordinate is NaN or infinite.
    """
    dtype = np.float32 if all(cloud.dtype == np.float32 for cloud in clouds) else np.float64
    copies: list[Floats] = [np.array(cloud, dtype, order="C") for cloud in clouds]
    for copy in copies:
        if copy.ndim != 2 or copy.shape[1] != 3:
            raise UsageError(f"a cloud needs three coordinates a point, shape (M, 3), not {copy.shape}")
        finite = np.isfinite(copy)
        if not finite.all():
            row = int(finite.all(axis=1).argmin())
            place = ", ".join(f"{value:g}" for value in copy[row])
            raise UsageError(f"row {row} of a cloud is ({place}), and coordinates must be finite")
    return copies
