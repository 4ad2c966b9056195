"""The parts of a page that need no script: the figures at its head, charts, and tables."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np

from qaadcodec.metrics.names import HIGHER_IS_BETTER, METRICS
from qaadcodec.metrics.pair import CloudErrors
from qaadcodec.page.charts import Bar, bars, histogram
from qaadcodec.page.gather import Told
from qaadcodec.page.markup import Html, element, facts, joined, table
from qaadcodec.report.errors import HEADERS, STATISTICS, cell, notes_of, psnr_lines
from qaadcodec.report.inspection import facts_of
from qaadcodec.report.text import count_of, grouped, percent

WORST = 10  # clouds in their chart
MOST_ROWS = 1000  # clouds in the table


def figures(told: Told) -> Html:
    """What one wants to know first, as large numbers with their names."""
    archive = told.inspection
    error, of = told.summary.get("n_em_kd", {}).get("mean"), "mean nEM-kD"
    if error is None:
        error, of = archive.errors.get("n_em_kd"), "nEM-kD when it was made"
    pairs = [
        ("clouds", grouped(archive.clouds)),
        ("points each", grouped(archive.points)),
        ("bytes", grouped(archive.bytes)),
        ("times smaller than float32", f"{archive.ratio:.1f}"),
        *([(of, percent(error))] if error is not None else []),
    ]
    return element("dl", *(element("div", element("dt", n), element("dd", v)) for n, v in pairs), class_="figures")


def charts(told: Told) -> Html:
    """Errors of the clouds where there are originals, and sizes of the sections."""
    drawn = [size_chart(told)]
    if told.errors:
        drawn = [error_chart(told.errors), worst_chart(told.errors), *drawn]
        return element("div", *drawn, class_="charts")
    hint = "How far the clouds are from their originals is shown where these are named: qaad report ARCHIVE ORIGINALS."
    return joined([element("div", *drawn, class_="charts"), element("p", hint, class_="aside")])


def error_chart(errors: tuple[CloudErrors, ...]) -> Html:
    """How the errors spread over the clouds."""
    values = np.array([100 * each.n_em_kd if each.n_em_kd is not None else np.nan for each in errors])
    return histogram(values, "nEM-kD, %", f"How the errors of {count_of(len(errors), 'cloud')} spread")


def worst_chart(errors: tuple[CloudErrors, ...]) -> Html:
    """The clouds with the largest errors, each a link that shows it."""
    worst = sorted(errors, key=lambda each: -(each.n_em_kd if each.n_em_kd is not None else inf))[:WORST]
    lines = [
        Bar(shown_link(each.index, f"{each.index} · {each.name}"), each.n_em_kd or 0.0, cell("n_em_kd", each.n_em_kd))
        for each in worst
    ]
    return bars(lines, "The largest errors, nEM-kD" if len(errors) > WORST else "The errors, nEM-kD")


def size_chart(told: Told) -> Html:
    """What each section takes of the bytes."""
    archive = told.inspection
    rest = archive.bytes - sum(section.bytes for section in archive.sections)
    sizes = [(section.content, section.bytes) for section in archive.sections] + [("header and frame", rest)]
    lines = [
        Bar(name, size, f"{grouped(size)} · {100 * size / archive.bytes:.1f} %")
        for name, size in sorted(sizes, key=lambda each: -each[1])
    ]
    return bars(lines, "What the bytes are for")


def facts_table(told: Told) -> Html:
    """Everything that `qaad inspect` tells of the archive."""
    return facts(facts_of(told.inspection))


def clouds_table(told: Told) -> Html:
    """A row for each cloud: its index, name, original points, and errors where there are any."""
    errors = {each.index: each for each in told.errors}
    metrics = [m for m in METRICS if any(getattr(each, m) is not None for each in told.errors)]
    archive = told.inspection
    rows: list[list[object]] = []
    for i, (name, count) in enumerate(zip(archive.names, archive.counts, strict=True)):
        if i == MOST_ROWS:
            break
        found = errors.get(i)
        measured = [cell(m, getattr(found, m)) if found else "–" for m in metrics]
        rows.append([shown_link(i, str(i)), name, grouped(count), *measured])
    header = ["index", "name", "original points", *(HEADERS[m] for m in metrics)]
    whole = table(rows, header, "rl" + "r" * (len(metrics) + 1), "Clouds")
    rest = archive.clouds - len(rows)
    more = (
        [f"The first {grouped(len(rows))} of {count_of(archive.clouds, 'cloud')}; qaad list shows all."] if rest else []
    )
    notes = [*more, *psnr_lines(metrics, told.summary), *notes_of(told.errors)]
    return joined([whole, *(element("p", note, class_="aside") for note in notes)])


def statistics_table(told: Told) -> Html:
    """Mean, median, 95th percentile and largest value of every metric; nothing without originals."""
    metrics = [m for m in METRICS if m in told.summary]
    if not metrics:
        return Html("")
    rows = [[HEADERS[m], *(cell(m, told.summary[m][name]) for name in STATISTICS)] for m in metrics]
    better = [HEADERS[m] for m in metrics if m in HIGHER_IS_BETTER]
    note = f"More is better of {' and '.join(better)}, less of all others." if better else ""
    whole = table(rows, ["error", *STATISTICS], "lrrrr", "Errors against the originals")
    return joined([whole, element("p", note, class_="aside")])


def shown_link(index: int | None, text: str) -> Html:
    """A link that shows the cloud in the viewer."""
    return element("a", text, href=f"#cloud={index}")


Part = Callable[[Told], Html]
PARTS: dict[str, Part] = {
    "figures": figures,
    "charts": charts,
    "statistics": statistics_table,
    "facts": facts_table,
    "clouds": clouds_table,
}
