"""The one shift and scale of a whole set, applied in float64 before anything becomes float32."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from qaadcodec.errors import UsageError


@dataclass(frozen=True, slots=True, eq=False)
class Normalisation:
    """normalised = (point − offset) / scale, the same for every cloud of a set.

    The subtraction and the division are done in float64, so that coordinates of 5·10^6 keep their millimetres. Only
    the result is rounded to float32.

    Attributes:
        offset: (3,) float64, in the units of the clouds.
        scale: above 0, in the units of the clouds.
    """

    offset: npt.NDArray[np.float64]
    scale: float

    def __post_init__(self) -> None:
        offset = np.array(self.offset, np.float64)
        if offset.shape != (3,) or not np.isfinite(offset).all():
            raise UsageError(f"offset is {offset.tolist()}, and must be three finite numbers")
        if not 0 < self.scale < float("inf"):
            raise UsageError(f"scale is {self.scale}, and must be finite and above 0")
        offset.flags.writeable = False
        object.__setattr__(self, "offset", offset)
        object.__setattr__(self, "scale", float(self.scale))

    @classmethod
    def of_bounds(cls, lo: npt.ArrayLike, hi: npt.ArrayLike) -> Self:
        """The normalisation that takes a box into [−1, 1]^3, where its longest side spans the whole of [−1, 1].

        A box without extent, which identical points have, keeps the scale 1.

        Args:
            lo, hi: the least and the greatest corner of the box, each (3,), in the units of the clouds.
        """
        low, high = np.asarray(lo, np.float64), np.asarray(hi, np.float64)
        half = (high - low) / 2
        longest = float(half.max())
        return cls(low + half, longest if longest > 0 else 1.0)

    def apply(self, points: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Points (..., 3) of any float type in the units of the clouds, as normalised float32 points."""
        return ((points.astype(np.float64) - self.offset) / self.scale).astype(np.float32)

    def invert(self, points: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Normalised points (..., 3), as float64 in the units of the clouds."""
        scaled = points.astype(np.float64)
        scaled *= self.scale
        for axis, shift in enumerate(self.offset):  # rows of three are slow
            scaled[..., axis] += shift
        return scaled
