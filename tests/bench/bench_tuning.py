"""The best number of points per step and learning rate of a column, searched from a place of a grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

RATES = (2.5e-4, 5e-4, 1e-3, 2e-3)
GAIN = 0.05  # that twice the points have to be worth: in twice the time most trainings come to a little less error


@dataclass(frozen=True)
class Choice:
    """What a column is tuned over.

    Attributes:
        points: of each cloud and step.
        rate: the highest learning rate.
    """

    points: int
    rate: float

    def __str__(self) -> str:
        return f"{self.points} points, rate {self.rate:g}"


def descend(
    error: Callable[[Choice], float],
    points: Sequence[int],
    rates: Sequence[float] = RATES,
    start: tuple[int, int] = (2, 2),
) -> Choice:
    """The choice that the search ends at: no neighbour on the grid is better, with more points by GAIN at least.

    Args:
        error: of a choice; asked again for the same one, since whoever answers keeps a record.
        points, rates: the grid, each ascending.
        start: the place in both from which the search goes on; their last, where they are shorter.
    """
    at = (min(start[0], len(points) - 1), min(start[1], len(rates) - 1))
    while True:
        row, column = at
        near = [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
        inside = [(i, j) for i, j in near if 0 <= i < len(points) and 0 <= j < len(rates)]
        errors = {place: error(Choice(points[place[0]], rates[place[1]])) for place in [at, *inside]}
        best = min(errors, key=lambda place: errors[place] / (1 - GAIN if place[0] > row else 1))
        if best == at:
            return Choice(points[row], rates[column])
        at = best
