"""Charts of a page, as SVG in HTML: they take the colours of the scheme that is on, and their text does not shrink.

Places and lengths are in per cent of a drawing that has no size of its own, so the page can be of any width. What a
chart shows is told in words, too, for those who do not see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Doubles, Longs
from qaadcodec.page.markup import Html, element, joined
from qaadcodec.report.text import count_of, short

FEWEST_BINS, MOST_BINS = 5, 40
GAP = 0.12  # of a bin's width, between two bars
HEIGHT = 180  # of a histogram, pixels


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a chart of bars: what it stands for, how long it is, and the number that is written beside it."""

    label: object
    value: float
    told: str


def bars(lines: Sequence[Bar], title: str) -> Html:
    """Horizontal bars from zero, the longest as long as the chart is wide.

    Args:
        lines: their values are zero or more; one that is infinite or NaN has no bar.
    """
    longest = max((line.value for line in lines if np.isfinite(line.value)), default=0.0) or 1.0
    rows = []
    for line in lines:
        share = 100 * line.value / longest if np.isfinite(line.value) else 0.0
        drawing = element("svg", rectangle(0, 0, share, 100), width="100%", height="10", aria_hidden="true")
        label, number = element("th", line.label, scope="row"), element("td", line.told, class_="number")
        rows.append(element("tr", label, element("td", drawing, class_="drawn"), number))
    return figure(title, element("table", element("tbody", *rows), class_="bars"))


def histogram(values: Doubles, what: str, title: str) -> Html:
    """How many clouds have how large a value; with mean, median and 95th percentile.

    Args:
        values: (n,), one for each cloud; those that are not finite are left out and counted.
        what: they are, with their unit.
    """
    finite = values[np.isfinite(values)]
    lost = len(values) - len(finite)
    aside = f" The error of {count_of(lost, 'cloud')} is not finite." if lost else ""
    if not len(finite):
        return figure(title, element("p", aside.strip()))
    counts, edges = np.histogram(finite, int(np.clip(1.5 * np.sqrt(len(finite)), FEWEST_BINS, MOST_BINS)))
    low, high, most = float(edges[0]), float(edges[-1]), int(counts.max())
    named = {
        "mean": float(finite.mean()),
        "median": float(np.median(finite)),
        "95 % are below": float(np.percentile(finite, 95)),
    }
    marks = [mark(100 * (value - low) / (high - low), k) for k, value in enumerate(named.values())]
    told = f"Histogram of {count_of(len(finite), 'cloud')}, from {short(low)} to {short(high)}"
    drawing = element(
        "svg", columns(counts), *marks, width="100%", height=str(HEIGHT), role="img", aria_label=f"{told}: {title}"
    )
    axis = element("div", *(element("span", text) for text in (short(low), what, short(high))), class_="axis")
    note = element("p", f"{count_of(most, 'cloud')} in the fullest of {len(counts)} bins.{aside}", class_="aside")
    return figure(title, joined([drawing, axis, key(named), note]))


def columns(counts: Longs) -> Html:
    """A column for each bin, the fullest as high as the drawing."""
    width = 100 / len(counts)
    heights = 100 * counts / counts.max()
    return joined(
        [
            rectangle((i + GAP / 2) * width, 100 - height, (1 - GAP) * width, height)
            for i, height in enumerate(heights.tolist())
            if height
        ]
    )


def key(named: dict[str, float]) -> Html:
    """What the marks stand for."""
    items = [
        element("li", element("span", class_=f"swatch mark-{k}", aria_hidden="true"), f"{name} {short(value)}")
        for k, (name, value) in enumerate(named.items())
    ]
    return element("ul", *items, class_="key")


def rectangle(x: float, y: float, width: float, height: float) -> Html:
    """A bar; all in per cent of the drawing."""
    return Html(f'<rect class="bar" x="{x:.2f}%" y="{y:.2f}%" width="{width:.2f}%" height="{height:.2f}%"/>')


def mark(x: float, k: int) -> Html:
    """An upright line, the k-th of the drawing."""
    return Html(f'<line class="mark mark-{k}" x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="100%"/>')


def figure(title: str, content: Html) -> Html:
    """A drawing with its title."""
    return element("figure", element("figcaption", title), content)
