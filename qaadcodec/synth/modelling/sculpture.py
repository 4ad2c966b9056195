"""Modelling of a left-right symmetric solid: add and carve on one half of a rectilinear grid, then take the surface."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qaadcodec.synth.modelling.distance_fields import Solid, smooth_minimum
from qaadcodec.synth.modelling.mesh import Mesh
from qaadcodec.synth.modelling.surface_nets import surface_nets

FAR = np.float32(1e3)


def graded_axis(start: float, *stretches: tuple[float, float]) -> npt.NDArray[np.float32]:
    """Grid coordinates from `start` through stretches (end, step), each divided evenly near the wished step."""
    parts = [np.array([start])]
    for end, step in stretches:
        begin = float(parts[-1][-1])
        parts.append(np.linspace(begin, end, max(1, round((end - begin) / step)) + 1)[1:])
    return np.concatenate(parts).astype(np.float32)


class Sculpture:
    """A solid under work, as a signed distance on the half x >= 0 of a grid; what happens there happens to both sides.

    `x` must start at 0. Each operation touches only the nodes near the solid it is given. Cost: nodes in the box of
    the solid, about 20 operations each.
    """

    def __init__(
        self, x: npt.NDArray[np.float32], y: npt.NDArray[np.float32], z: npt.NDArray[np.float32], margin: float
    ) -> None:
        if x[0] != 0:
            raise ValueError(f"the half grid starts at x = 0, not at {x[0]}")
        self._axes = (x, y, z)
        self._margin = margin
        self._field = np.full((len(x), len(y), len(z)), FAR, np.float32)

    def add(self, solids: Sequence[Solid], blend: float = 0.0) -> None:
        """Unite with each solid in turn, rounding the seam over about `blend`."""
        for solid in solids:
            window, distance = self._near(solid, blend)
            self._field[window] = smooth_minimum(self._field[window], distance, blend)

    def carve(self, solids: Sequence[Solid], blend: float = 0.0) -> None:
        """Take each solid away in turn, rounding the rim over about `blend`."""
        for solid in solids:
            window, distance = self._near(solid, blend)
            self._field[window] = -smooth_minimum(-self._field[window], distance, blend)

    def hollow(self, thickness: float) -> None:
        """Leave only a shell of the given thickness under the present surface."""
        self._field = np.maximum(self._field, -(self._field + np.float32(thickness)))

    def mesh(self) -> Mesh:
        """The surface of both halves, facing outwards."""
        x, y, z = self._axes
        field = np.concatenate([self._field[:0:-1], self._field])
        return surface_nets(field, (np.concatenate([-x[:0:-1], x]), y, z))

    def _near(self, solid: Solid, blend: float) -> tuple[tuple[slice, ...], npt.NDArray[np.float32]]:
        lo, hi = solid.bounds()
        reach = self._margin + blend
        window = tuple(
            slice(int(np.searchsorted(axis, low - reach)), int(np.searchsorted(axis, high + reach)))
            for axis, low, high in zip(self._axes, lo, hi, strict=True)
        )
        x, y, z = np.ix_(*(axis[part] for axis, part in zip(self._axes, window, strict=True)))
        return window, solid.distance(x, y, z)
