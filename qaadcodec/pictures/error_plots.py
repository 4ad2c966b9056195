"""Measured errors as pictures: how they spread, the worst clouds, and what archives cost."""

from __future__ import annotations

import numpy as np

from qaadcodec.pictures.captions import caption
from qaadcodec.pictures.charts import histogram, rate_chart
from qaadcodec.pictures.colours import DARK, LIGHT
from qaadcodec.pictures.frames import Stand
from qaadcodec.pictures.measured import Measured
from qaadcodec.pictures.ranking import label_of, value_of
from qaadcodec.pictures.saving import png
from qaadcodec.pictures.scale import scale_of
from qaadcodec.pictures.sheet import Looks, Sheet
from qaadcodec.pictures.views import VIEWS
from qaadcodec.progress import Run


def spread_plot(measured: Measured, *, dark: bool) -> bytes:
    """How the errors of the clouds spread, or those of the points where there is one cloud, as PNG."""
    page = DARK if dark else LIGHT
    if len(measured.errors) > 1:
        values = np.array([value_of(measured.metric, each) for each in measured.errors])
        title = f"How the errors of {len(measured.errors)} clouds spread."
        return histogram(values, label_of(measured.metric), "clouds", title, page)
    distances = measured.worst[0].distances
    assert distances is not None  # there is an original
    where = "distance to the surface of the original, units of the input"
    return histogram(distances, where, "points", f"How the errors of {len(distances)} points spread.", page)


def worst_sheet(measured: Measured, *, dark: bool) -> bytes:
    """The worst clouds beside their originals and their errors, as PNG."""
    stand = Stand((VIEWS["three-quarter"],))
    scale = scale_of(measured.worst, "units of the input")
    text = caption(measured.worst, stand, scale, measured.source)
    sheet = Sheet.of(measured.worst, Looks(stand, dark=dark), text, scale)
    with Run().phase("drawing", len(measured.worst), "views") as phase:
        return png(sheet.painted(stand.views, phase))


def rate_plot(measured: Measured, *, dark: bool) -> bytes:
    """What archives cost, and their mean errors, as PNG."""
    return rate_chart(measured.spent, label_of(measured.metric), DARK if dark else LIGHT)
