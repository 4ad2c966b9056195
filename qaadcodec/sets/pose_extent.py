"""How far the poses of a set reach, for notes and for `qaad inspect`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from qaadcodec.archive import Poses


@dataclass(frozen=True, slots=True)
class PoseExtent:
    """How clouds were aligned.

    Attributes:
        kind: "shift", "rigid" or "similarity".
        turned: the largest angle, in degrees.
        scaled: the least and the greatest scale.
        shifted: the largest distance from the middle of the common frame, in input units.
    """

    kind: str
    turned: float
    scaled: tuple[float, float]
    shifted: float

    @classmethod
    def of(cls, poses: Poses, unit: float) -> Self:
        """The extent of at least one pose.

        Args:
            unit: input units in a normalised one.
        """
        values = [poses.values(i) for i in range(len(poses))]
        scales = [value.scale for value in values]
        turned = max(float(np.linalg.norm(value.turn)) for value in values)
        shifted = unit * max(float(np.linalg.norm(value.shift)) for value in values)
        return cls(poses.kind, math.degrees(turned), (min(scales), max(scales)), shifted)

    def __str__(self) -> str:
        """`similarity: turned by up to 29.1°, scaled 0.91 to 1.1, shifted by up to 0.213`."""
        parts = [f"turned by up to {self.turned:.3g}°"] if self.kind != "shift" else []
        parts += [f"scaled {self.scaled[0]:.3g} to {self.scaled[1]:.3g}"] if self.kind == "similarity" else []
        return f"{self.kind}: {', '.join([*parts, f'shifted by up to {self.shifted:.3g}'])}"
