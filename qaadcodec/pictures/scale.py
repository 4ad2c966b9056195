"""The scale of the error colours: from zero to a round number that nearly all shown distances are below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.pictures.gather import Shown
from qaadcodec.report.text import percent

BELOW = 99  # per cent of the distances that the scale reaches to at least
ROUND = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """Colours for distances.

    Attributes:
        end: the distance of the last colour, above zero.
        unit: what distances are in.
        beyond: share of the shown distances above the end.
    """

    end: float
    unit: str
    beyond: float

    def values(self, distances: Doubles) -> Doubles:
        """Places on the scale, from 0 to 1."""
        return np.clip(distances / self.end, 0, 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places and numbers along the scale."""
        return [(place, f"{place * self.end:.4g}") for place in (0.0, 0.25, 0.5, 0.75, 1.0)]

    @property
    def remark(self) -> str:
        """What of the distances the scale does not tell apart; nothing where it reaches all of them."""
        return f"{percent(self.beyond)} of the points are beyond its end" if self.beyond > 0 else ""


def scale_of(clouds: Sequence[Shown], unit: str, end: float | None = None) -> Scale | None:
    """The scale for some clouds; None where no distances are known.

    Args:
        unit: what distances are in.
        end: of the scale; by the distances when None.
    """
    known = [cloud.distances for cloud in clouds if cloud.distances is not None]
    if not known:
        return None
    together = np.concatenate(known)
    if end is None:
        end = rounded_up(float(np.percentile(together, BELOW)))
    return Scale(end, unit, float((together > end).mean()))


def rounded_up(value: float) -> float:
    """The next number with one digit, or 1.5 of the first; 1 where there is no distance at all."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{next(step for step in (*ROUND, 20.0) if step * power >= value * (1 - 1e-9)) * power:.2g}")


def figures(distances: Doubles) -> str:
    """`rms 0.0021, 99 % below 0.0063`: root mean square of the distances, and their 99th percentile."""
    largest = max(float(distances.max()), 1e-150)  # squares neither vanish nor overflow
    rms = largest * math.sqrt(float(np.square(distances / largest).mean()))
    return f"rms {rms:.3g}, {BELOW} % below {float(np.percentile(distances, BELOW)):.3g}"
