"""The colours of pictures: of surfaces, of errors, and of the page, light and dark.

Errors go from pale to dark, and their hue from sand over red to violet. Lightness alone orders them, so they can be
told apart with every kind of colour vision, and when printed in grey.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Doubles

CLAY = "#dcdad6"
ERRORS = ("#eceae4", "#f0ca82", "#f0a04b", "#d65a38", "#96204c", "#380d45")


@dataclass(frozen=True, slots=True)
class Material:
    """What a surface is made of.

    Attributes:
        stops: (k, 3), linear light: colours of the values from 0 to 1, evenly spaced.
        contrast: how strongly it is shaded; colours that are to be read are shaded less.
    """

    stops: Doubles
    contrast: float

    def colours(self, values: Doubles) -> Doubles:
        """Linear light (…, 3) of values (…)."""
        places = np.linspace(0, 1, len(self.stops))
        return np.stack([np.interp(values, places, self.stops[:, i]) for i in range(3)], axis=-1)


@dataclass(frozen=True, slots=True)
class Page:
    """The colours of a page: its ground, its text, what is said beside, thin lines, and a series of a chart each."""

    ground: str
    text: str
    aside: str
    line: str
    series: tuple[str, ...]


# The series are of Okabe and Ito's palette (2008), made for every kind of colour vision; lighter on the dark page.
LIGHT = Page("#ffffff", "#1b1d21", "#5d6470", "#c9cdd4", ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d00"))
DARK = Page("#14161a", "#eceef1", "#a3abb8", "#444a55", ("#56b4e9", "#e69f00", "#2fc79a", "#e39ac2", "#f0e442"))


def linear(*hexes: str) -> Doubles:
    """sRGB colours such as "#dcdad6" as linear light, (k, 3), from 0 to 1."""
    values = np.array([[int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)] for text in hexes])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


PLAIN = Material(linear(CLAY), 1.0)
ERROR = Material(linear(*ERRORS), 0.5)
