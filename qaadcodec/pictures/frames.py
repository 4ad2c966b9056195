"""How much of the space every picture of a sheet shows: all clouds whole, and to one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.pictures.draw import Frame
from qaadcodec.pictures.gather import Shown
from qaadcodec.pictures.views import View, camera

MARGIN = 1.1  # of what is shown: discs reach a little farther than points
NARROWEST = 0.35  # width over height of a picture, or height over width


@dataclass(frozen=True, slots=True)
class Extent:
    """Half the width and half the height of what every picture shows, in the unit of the clouds; both above zero."""

    half_width: float
    half_height: float

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.half_width / self.half_height


@dataclass(frozen=True, slots=True)
class Stand:
    """How clouds are looked at.

    Attributes:
        views: where from.
        up: which axis of the clouds is up; one of UPS.
        turning: whether the clouds stay in their place while the views go round them.
    """

    views: tuple[View, ...]
    up: str = "y"
    turning: bool = False

    def middle(self, cloud: Shown, view: View) -> Doubles:
        """What of a cloud is in the middle of its picture, (3,): that of its outline, or of its box where it turns."""
        if self.turning:
            return np.zeros(3)
        axes = camera(view, self.up)
        low, high = outline(cloud, axes)
        return np.asarray(axes.T @ ((low + high) / 2))

    def extent(self, clouds: Sequence[Shown]) -> Extent:
        """What is enough for all these clouds in all views."""
        half = np.zeros(2)
        for cloud in clouds:
            for view in self.views:
                axes = camera(view, self.up)
                low, high = outline(cloud, axes)
                middle = axes @ self.middle(cloud, view)
                half = np.maximum(half, np.maximum(high - middle, middle - low)[:2])
        half = np.where(half.max() > 0, MARGIN * half, 1.0)
        return Extent(*(float(side) for side in np.maximum(half, NARROWEST * half.max())))

    def frame(self, cloud: Shown, view: View, pixel: float, size: tuple[int, int], finer: int) -> Frame:
        """The frame of one picture, of a size (width, height) in pixels."""
        return Frame(camera(view, self.up), self.middle(cloud, view), pixel, *size, finer)


def outline(cloud: Shown, axes: Doubles) -> tuple[Doubles, Doubles]:
    """Lowest and highest coordinates, (3,) each, of the original along the axes of a picture, or of the cloud."""
    points = cloud.points if cloud.original is None else cloud.original
    turned = points @ axes.T
    return turned.min(axis=0), turned.max(axis=0)
