"""A left-right symmetric solid, modelled by adding and carving on one half of a rectilinear grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qaadcodec.arrays import Singles
from qaadcodec.synth.modelling.distance_fields import Solid, smooth_minimum
from qaadcodec.synth.modelling.mesh import Mesh
from qaadcodec.synth.modelling.surface_nets import surface_nets

FAR = np.float32(1e3)


def graded_axis(start: float, *stretches: tuple[float, float]) -> Singles:
    """Grid coordinates from `start` through stretches (end, step), each divided evenly into about such steps."""
    parts = [np.array([start])]
    for end, step in stretches:
        begin = float(parts[-1][-1])
        parts.append(np.linspace(begin, end, max(1, round((end - begin) / step)) + 1)[1:])
    return np.concatenate(parts).astype(np.float32)


class Sculpture:
    """A solid as a signed distance on the half x >= 0 of a grid. What is done there is done to both sides.

    The coordinates `x` must start at 0, or the constructor raises ValueError. Adding and carving change only the nodes
    in the box of the solid, extended by `margin` and the blend. Cost: about 20 operations for each of these nodes.
    """

    def __init__(self, x: Singles, y: Singles, z: Singles, margin: float) -> None:
        if x[0] != 0:
            raise ValueError(f"the half grid starts at x = 0, not at {x[0]}")
        self._axes = (x, y, z)
        self._margin = margin
        self._field = np.full((len(x), len(y), len(z)), FAR, np.float32)

    def add(self, solids: Sequence[Solid], blend: float = 0.0) -> None:
        """Unite with each solid in turn, and round the seam over a width of about `blend`."""
        for solid in solids:
            window, distance = self._near(solid, blend)
            self._field[window] = smooth_minimum(self._field[window], distance, blend)

    def carve(self, solids: Sequence[Solid], blend: float = 0.0) -> None:
        """Take each solid away in turn, and round the rim over a width of about `blend`."""
        for solid in solids:
            window, distance = self._near(solid, blend)
            self._field[window] = -smooth_minimum(-self._field[window], distance, blend)

    def hollow(self, thickness: float) -> None:
        """Leave only a shell of this thickness under the present surface."""
        self._field = np.maximum(self._field, -(self._field + np.float32(thickness)))

    def mesh(self) -> Mesh:
        """The surface of both halves, facing outwards."""
        x, y, z = self._axes
        field = np.concatenate([self._field[:0:-1], self._field])
        return surface_nets(field, (np.concatenate([-x[:0:-1], x]), y, z))

    def _near(self, solid: Solid, blend: float) -> tuple[tuple[slice, ...], Singles]:
        lo, hi = solid.bounds()
        reach = self._margin + blend
        window = tuple(
            slice(int(np.searchsorted(axis, low - reach)), int(np.searchsorted(axis, high + reach)))
            for axis, low, high in zip(self._axes, lo, hi, strict=True)
        )
        x, y, z = np.ix_(*(axis[part] for axis, part in zip(self._axes, window, strict=True)))
        return window, solid.distance(x, y, z)
