"""Where a cloud lies: the similarity transform that takes a cloud of the set from the common frame to its own place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Doubles
from qaadcodec.errors import UsageError


class PoseNumbers(NamedTuple):
    """A similarity transform as few numbers."""

    scale: float
    """above 0"""
    turn: Doubles
    """rotation vector, (3,): its direction is the axis, its length the angle in radians"""
    shift: Doubles
    """(3,), in the units of the points"""


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """x → scale · rotation x + shift, in float64.

    Attributes:
        scale: above 0.
        rotation: (3, 3), orthogonal, of determinant 1.
        shift: (3,), in the units of the points.

    Raises:
        UsageError: the scale is not above 0, or a number is not finite.
    """

    scale: float
    rotation: Doubles
    shift: Doubles

    def __post_init__(self) -> None:
        if not 0 < self.scale < math.inf:
            raise UsageError(f"scale is {self.scale}, and must be finite and above 0")
        if not (np.isfinite(self.rotation).all() and np.isfinite(self.shift).all()):
            raise UsageError(f"shift is {self.shift.tolist()}, and it and the rotation must be finite")

    @classmethod
    def identity(cls) -> Self:
        """The transform that changes nothing."""
        return cls(1.0, np.eye(3), np.zeros(3))

    @classmethod
    def of_numbers(cls, numbers: PoseNumbers) -> Self:
        """The transform of these numbers, by Rodrigues' formula; v^ is the matrix of the cross product with v.

        R = I + (sin θ / θ) v^ + ((1 - cos θ) / θ²) v^ v^,  θ = |v|
        """
        x, y, z = numbers.turn.tolist()
        angle = math.sqrt(x * x + y * y + z * z)
        cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
        first = math.sin(angle) / angle if angle > 0 else 1.0
        second = 0.5 * (math.sin(angle / 2) / (angle / 2)) ** 2 if angle > 0 else 0.5
        rotation = np.eye(3) + first * cross + second * (cross @ cross)
        return cls(float(numbers.scale), rotation, np.asarray(numbers.shift, np.float64))

    def numbers(self) -> PoseNumbers:
        """The transform as numbers; the angle is from 0 to π."""
        return PoseNumbers(self.scale, rotation_vector(self.rotation), self.shift)

    @property
    def angle(self) -> float:
        """How far it turns, in radians, 0 to π."""
        return float(np.linalg.norm(rotation_vector(self.rotation)))

    def apply(self, points: npt.NDArray[Any]) -> Doubles:
        """Points (..., 3) of any float type, moved; float64."""
        return self.scale * (points.astype(np.float64) @ self.rotation.T) + self.shift

    def invert(self, points: npt.NDArray[Any]) -> Doubles:
        """Points (..., 3) of any float type, moved back; float64."""
        return (points.astype(np.float64) - self.shift) @ self.rotation / self.scale

    def inverse(self) -> Similarity:
        """The transform that moves back."""
        scale = 1.0 / self.scale
        return Similarity(scale, self.rotation.T, -scale * (self.rotation.T @ self.shift))

    def after(self, first: Similarity) -> Similarity:
        """This transform of what `first` makes of a point: x → self(first(x))."""
        return Similarity(self.scale * first.scale, self.rotation @ first.rotation, self.apply(first.shift))


def rotation_vector(rotation: Doubles) -> Doubles:
    """Axis times angle, (3,), of a rotation matrix (3, 3); the angle is from 0 to π.

    By way of the quaternion (w, v), whose largest component is taken first, so that nothing is lost near 0 or π.
    """
    xx, yy, zz = np.diag(rotation)
    trace = xx + yy + zz
    squares = np.array([1.0 + trace, *(1.0 + 2.0 * d - trace for d in (xx, yy, zz))])  # 4 w², 4 x², 4 y², 4 z²
    largest = int(squares.argmax())
    skew = np.array([rotation[2, 1], rotation[0, 2], rotation[1, 0]]) - [rotation[1, 2], rotation[2, 0], rotation[0, 1]]
    if largest == 0:
        w, v = float(squares[0]), skew  # both times 4 w
    else:
        i = largest - 1
        w, v = float(skew[i]), rotation[i] + rotation[:, i]  # both times 4 v_i
        v[i] = squares[largest]
    if w < 0:
        w, v = -w, -v
    length = float(np.linalg.norm(v))
    return v * (2.0 * math.atan2(length, w) / length) if length > 0 else np.zeros(3)
