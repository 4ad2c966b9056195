"""Charts of errors: how they spread over clouds or points, and what archives cost for theirs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.pictures.colours import Page
from qaadcodec.pictures.libraries import of_the_extra
from qaadcodec.report.text import grouped, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE, DPI = (8.0, 4.5), 150  # inches, and pixels to each
MOST_BINS = 40
SHARE = 0.6  # height of further axes below the first ones, over theirs
FAR_APART = 4.0  # largest over smallest number from which on an axis is logarithmic
NAMED: tuple[tuple[str, Callable[[Doubles], Any]], ...] = (
    ("mean", np.mean),
    ("median", np.median),
    ("95 % are below", lambda values: np.percentile(values, 95)),
)


@dataclass(frozen=True, slots=True)
class Spent:
    """One archive in `rate_chart`: its name, bytes for each of its clouds, and the mean error of these."""

    name: str
    bytes_per_cloud: float
    error: float


def histogram(values: Doubles, what: str, counted: str, title: str, page: Page) -> bytes:
    """How many of the values, at least one, are how large, as PNG.

    Args:
        values: (n,); those that are not finite are left out and counted in the title.
        what: they are, with their unit.
        counted: what each belongs to: "clouds".
        title: a sentence above.
    """
    with of_the_extra():
        from matplotlib.ticker import MaxNLocator
    finite = values[np.isfinite(values)]
    lost = len(values) - len(finite)
    with chart(page, title + (f" {lost} of them are not finite and left out." if lost else "")) as (axes, stream):
        if len(finite):
            bins = int(np.clip(1.5 * np.sqrt(len(finite)), 5, MOST_BINS))
            axes.hist(finite, bins=bins, color=page.series[0], edgecolor=page.ground)
            axes.yaxis.set_major_locator(MaxNLocator(integer=True))
            for (name, statistic), colour, style in zip(NAMED, page.series[1:], ("-", "--", ":"), strict=False):
                value = float(statistic(finite))
                axes.axvline(value, color=colour, linestyle=style, linewidth=2, label=f"{name}: {value:.4g}")
            axes.legend(labelcolor=page.text, facecolor=page.ground, edgecolor=page.ground)
        axes.set(xlabel=what, ylabel=counted)
    return stream.getvalue()


def rate_chart(archives: Sequence[Spent], what: str, page: Page) -> bytes:
    """Bytes for a cloud against the mean error, a point for each archive, as PNG."""
    marks = "osD^v"
    with chart(page, "What archives cost, and how far their clouds are from the originals.") as (axes, stream):
        for i, archive in enumerate(archives):
            axes.plot(
                archive.bytes_per_cloud,
                archive.error,
                marks[i % len(marks)],
                color=page.series[i % len(page.series)],
                markersize=9,
                label=f"{plain(archive.name)}: {grouped(round(archive.bytes_per_cloud))} bytes, {archive.error:.4g}",
            )
        for axis, numbers in (
            ("x", [archive.bytes_per_cloud for archive in archives]),
            ("y", [archive.error for archive in archives]),
        ):
            spread(axes, axis, numbers)
        axes.set(xlabel="bytes for each cloud, everything in the file counted", ylabel=f"mean {what}")
        axes.legend(labelcolor=page.text, facecolor=page.ground, edgecolor=page.ground)
    return stream.getvalue()


def spread(axes: Axes, axis: str, numbers: Sequence[float]) -> None:
    """Let an axis begin at zero, or make it logarithmic where numbers are far apart."""
    finite = [number for number in numbers if np.isfinite(number)]
    if finite and 0 < min(finite) <= max(finite) / FAR_APART:
        axes.set(**{f"{axis}scale": "log"})
    elif finite and min(finite) >= 0:
        axes.set(**{f"{axis}lim": (0, 1.15 * max(finite) or 1.0)})


def plain(text: str) -> str:
    """A name as matplotlib shows it unchanged: no formula, and not hidden from the legend by its first letter."""
    text = printable(text).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


@contextmanager
def chart(page: Page, title: str) -> Iterator[tuple[Axes, BytesIO]]:
    """One of `charts`."""
    with charts(page, title) as ((axes,), stream):
        yield axes, stream


@contextmanager
def charts(page: Page, title: str, *, rows: int = 1) -> Iterator[tuple[list[Axes], BytesIO]]:
    """Axes below each other, over the same numbers; they become PNG at the end.

    They have the colours of a page, whatever matplotlib's settings are on this machine.
    """
    with of_the_extra():
        from matplotlib import style
        from matplotlib.figure import Figure
    stream = BytesIO()
    with style.context("default"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # letters that the font lacks
        width, height = SIZE
        figure = Figure((width, height * (1 + SHARE * (rows - 1))), DPI, facecolor=page.ground, layout="constrained")
        ratios = [1.0, *(rows - 1) * [SHARE]]
        every: Any = figure.subplots(rows, sharex=True, squeeze=False, height_ratios=ratios)[:, 0]
        yield list(every), stream
        every[0].set_title(title, loc="left", fontsize=11, color=page.text, wrap=True)
        for axes in every:
            paint(axes, page)
        figure.savefig(stream, format="png", metadata={"Software": None})


def paint(axes: Any, page: Page) -> None:
    """Give axes the colours of a page."""
    axes.set_facecolor(page.ground)
    axes.tick_params(which="both", colors=page.aside)
    axes.grid(color=page.line, linewidth=0.5)
    axes.set_axisbelow(True)
    for name, spine in axes.spines.items():
        spine.set(color=page.line, visible=name in ("left", "bottom"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_color(page.text)
