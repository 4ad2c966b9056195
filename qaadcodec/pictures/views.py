"""Where a cloud is seen from: an orthographic camera that goes round it."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np

from qaadcodec.arrays import Doubles


@dataclass(frozen=True, slots=True)
class View:
    """A direction to look from.

    Attributes:
        azimuth: degrees that the eye has gone round to the cloud's left, which is on the right of a picture from the
            front; 90 is that side.
        elevation: degrees that it has gone up, -90 to 90.
    """

    azimuth: float
    elevation: float

    def turned(self, degrees: float) -> View:
        """The eye so much farther round."""
        return View(self.azimuth + degrees, self.elevation)

    def __str__(self) -> str:
        """Its name, or `azimuth 20°, elevation 5°`."""
        names = [name for name, view in VIEWS.items() if view == self]
        return names[0] if names else f"azimuth {self.azimuth:g}°, elevation {self.elevation:g}°"


VIEWS = {
    "front": View(0, 0),
    "three-quarter": View(35, 12),
    "side": View(90, 0),
    "back": View(180, 0),
    "top": View(0, 90),
}

# Which axes of a cloud go to the right, up and to the eye in a picture from the front, for each that may be up. With y
# up, as faces and bodies are usually stored, they look along z; with z up, as buildings and terrain are, along -y.
UPS = {
    "y": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "z": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "x": ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    "-y": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "-z": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "-x": ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
}


def camera(view: View, up: str = "y") -> Doubles:
    """The rotation from the axes of a cloud to those of a picture.

    Args:
        view: where the eye is.
        up: which axis of the cloud is up; one of UPS.

    Returns:
        (3, 3); its rows are the directions to the right, up and to the eye.
    """
    a, e = radians(view.azimuth), radians(view.elevation)
    round_it = np.array([[cos(a), 0, -sin(a)], [0, 1, 0], [sin(a), 0, cos(a)]])
    over_it = np.array([[1, 0, 0], [0, cos(e), -sin(e)], [0, sin(e), cos(e)]])
    return np.asarray(over_it @ round_it @ np.array(UPS[up], np.float64))
