"""Curves of trainings: how the matched error fell, and what the archive would have taken, over time or epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.pictures.charts import charts, plain
from qaadcodec.pictures.colours import Page
from qaadcodec.report.text import grouped, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLES = ("-", "--", ":", "-.")  # when there are more curves than colours
LEAST_SPAN = 3.0  # largest over smallest error from which on their axis is logarithmic
UNITS = (("hours", 3600.0, 3 * 3600.0), ("minutes", 60.0, 180.0))  # name, seconds of one, and from how many on


@dataclass(frozen=True, slots=True)
class Curve:
    """One run.

    Attributes:
        name: what it is called.
        seconds: (n,), of each report, since the run began; rising.
        epochs: (n,), that were done; begins anew with each training of the run.
        errors: (n,), the matched errors, shares.
        sizes: (n,), bytes of the archive; NaN where they were not known.
        starts: rows with which trainings begin.
    """

    name: str
    seconds: Doubles
    epochs: Doubles
    errors: Doubles
    sizes: Doubles
    starts: tuple[int, ...] = (0,)

    def parted(self, values: Doubles) -> Doubles:
        """The values (n,) with a NaN in front of each training but the first, which parts the line."""
        return np.insert(values, list(self.starts[1:]), np.nan)

    @property
    def told(self) -> str:
        """`a.jsonl: 0.31 %, 60 840 bytes`: where it ended."""
        sizes = self.sizes[np.isfinite(self.sizes)]
        size = f", {grouped(round(float(sizes[-1])))} bytes" if len(sizes) else ""
        return f"{plain(self.name)}: {percent(float(self.errors[-1]))}{size}"


def curves_chart(curves: Sequence[Curve], page: Page, *, by_epochs: bool) -> bytes:
    """The errors of all runs, and below them the sizes where any are known, as PNG.

    Args:
        curves: at least one, each of at least one report.
        by_epochs: over the epochs of each training, not over the seconds since its run began.
    """
    unit, seconds = time_unit(max(float(curve.seconds[-1]) for curve in curves))
    across = "epochs of the training" if by_epochs else f"{unit} since the run began"
    sized = any(np.isfinite(curve.sizes).any() for curve in curves)
    title = "How the matched error fell" + (", and what the archive would have taken." if sized else ".")
    with charts(page, title, rows=2 if sized else 1) as (rows, stream):
        for number, curve in enumerate(curves):
            along = curve.epochs if by_epochs else curve.seconds / seconds
            draw(rows, number, curve, curve.parted(along), page)
        rows[0].set(ylabel="matched error, %")
        number_errors(rows[0])
        rows[0].legend(labelcolor=page.text, facecolor=page.ground, edgecolor=page.ground)
        if sized:
            most = max(float(np.nanmax(curve.sizes, initial=0.0)) for curve in curves)
            rows[1].set(ylabel="bytes so far", ylim=(0, 1.1 * most or None))
            rows[1].yaxis.set_major_formatter(lambda value, _: grouped(round(value)))
        rows[-1].set(xlabel=across)
        for axes in rows:
            axes.set(xlim=(0, None))
    return stream.getvalue()


def draw(rows: Sequence[Axes], number: int, curve: Curve, along: Doubles, page: Page) -> None:
    """One run into the axes: its errors into the first, its sizes into the second where there is one."""
    colour = page.series[number % len(page.series)]
    style = STYLES[number // len(page.series) % len(STYLES)]
    errors = 100 * np.where(curve.errors > 0, curve.errors, np.nan)
    for axes, values, label in zip(rows, (errors, curve.sizes), (curve.told, None), strict=False):
        shown = curve.parted(values)
        alone = np.isfinite(shown).sum() == 1  # a line of one point is not seen
        axes.plot(along, shown, style, color=colour, linewidth=2, marker="o" if alone else None, label=label)


def number_errors(axes: Axes) -> None:
    """Make the axis of errors logarithmic, unless they lie close together, with numbers as they are: 0.2, 0.5, 1."""
    low, high = axes.dataLim.intervaly
    if not 0 < low * LEAST_SPAN < high < np.inf:
        return
    from matplotlib.ticker import LogLocator, NullLocator

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def time_unit(longest: float) -> tuple[str, float]:
    """What to count seconds in, and how many one of these has."""
    return next(((name, size) for name, size, least in UNITS if longest >= least), ("seconds", 1.0))
