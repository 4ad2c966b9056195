"""Errors of clouds as a table for people and as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qaadcodec.metrics.names import HIGHER_IS_BETTER, SURFACE
from qaadcodec.metrics.surface import FAR_OFF
from qaadcodec.report.tables import facts, table, wrapped
from qaadcodec.report.text import count_of, grouped, percent, short

if TYPE_CHECKING:
    from qaadcodec.metrics.pair import CloudErrors

HEADERS = {
    "em_kd": "EM-kD",
    "em_kd_root": "root",
    "n_em_kd": "nEM-kD",
    "chamfer": "Chamfer",
    "augmented_chamfer": "aug. Chamfer",
    "d1_psnr": "D1 PSNR",
    "d2_psnr": "D2 PSNR",
    "hausdorff": "Hausdorff",
    "off_rms": "off RMS",
    "off_p99": "off p99",
    "off_max": "off max",
    "cover_rms": "cover RMS",
    "cover_p99": "cover p99",
    "cover_max": "cover max",
    "stray": "stray",
}
SURFACE_LEGEND = (
    "off: from decoded points to the surface; cover: from it to decoded points;",
    "both in spacings of the original",
    f"stray: share of decoded points more than {FAR_OFF:g} spacings off the surface",
)
WIDTH = 80  # columns that a table takes at most, unless names are long
NUMBER = re.compile(r"\d+(?:\.\d+)?")
STATISTICS = ("mean", "median", "p95", "max")


def errors_lines(errors: Sequence[CloudErrors], summary: Mapping[str, Any], *, width: int | None = None) -> list[str]:
    """The errors against the originals, those against the surfaces in tables of their own, then the rate.

    Args:
        width: columns of the terminal, here and below; None where it is none.
    """
    metrics = [m for m in HEADERS if any(getattr(each, m) is not None for each in errors)]
    near, of_surface = ([m for m in metrics if (m in SURFACE) is there] for there in (False, True))
    lines = errors_tables(errors, summary, near, width) if near or not of_surface else []
    lines += wrapped([*notes_of(errors), *psnr_lines(near, summary)], width)
    if of_surface:
        lines += [
            *([""] if lines else []),
            *errors_tables(errors, summary, of_surface, width),
            *wrapped(SURFACE_LEGEND, width),
        ]
    return [*lines, *rate_lines(summary, width)]


def errors_tables(
    errors: Sequence[CloudErrors], summary: Mapping[str, Any], metrics: Sequence[str], width: int | None
) -> list[str]:
    """A table of the metrics; several, with an empty line in between, where one would be wider than `width` or WIDTH.

    Metrics of a family (off_rms, off_p99, off_max) stay together where they fit.
    """
    lines: list[str] = []
    rest = list(metrics)
    while rest or not lines:
        ends = [n for n in range(len(rest), 0, -1) if n == len(rest) or family(rest[n - 1]) != family(rest[n])]
        tables = {n: errors_table(errors, summary, rest[:n], None) for n in (*ends, 1)}
        count = next((n for n in ends if len(tables[n][1]) <= (width or WIDTH)), 1)
        lines += [*([""] if lines else []), *errors_table(errors, summary, rest[:count], width)]
        rest = rest[count:]
    return lines


def family(metric: str) -> str:
    """`off` of `off_rms`."""
    return metric.partition("_")[0]


def errors_table(
    errors: Sequence[CloudErrors], summary: Mapping[str, Any], metrics: Sequence[str], width: int | None
) -> list[str]:
    """A row per cloud, a column per metric, and the statistics below where there are several clouds."""
    records = [each.to_dict() | {m: getattr(each, m) for m in metrics} for each in errors]  # infinities too
    rows = [
        ["-" if r["index"] is None else str(r["index"]), r["name"], grouped(r["points"])]
        + [cell(metric, r[metric]) for metric in metrics]
        for r in records
    ]
    if len(records) > 1:
        rows += [["", name, ""] + [cell(m, summary[m][name]) for m in metrics] for name in STATISTICS]
    header = ["index", "name", "points", *(HEADERS[m] for m in metrics)]
    return table(rows, "rl" + "r" * (len(metrics) + 1), header=header, width=width, optional=(2,))


def psnr_lines(metrics: Collection[str], summary: Mapping[str, Any]) -> list[str]:
    """What the PSNRs among the metrics are relative to."""
    kinds = [kind for kind in ("D1", "D2") if f"{kind.lower()}_psnr" in metrics]
    return [f"{' and '.join(kinds)} PSNR in dB; peak: {summary['peak']}"] if kinds and summary.get("peak") else []


def notes_of(errors: Sequence[CloudErrors]) -> list[str]:
    """The notes on clouds, one of each kind: notes of a kind differ by their numbers only.

    It has the name of its cloud, or the number of clouds that have one of that kind and the name of the one whose
    numbers are the largest.
    """
    kinds: dict[str, list[tuple[list[float], str, str]]] = {}
    for each in errors:
        for note in (each.note or "").split("; "):
            if note:
                numbers = [float(number) for number in NUMBER.findall(note)]
                kinds.setdefault(NUMBER.sub("#", note), []).append((numbers, each.name, note))
    lines = []
    for found in kinds.values():
        _, name, note = max(found, key=lambda one: one[0])
        same = len({note for _, _, note in found}) == 1
        who = name if len(found) == 1 else count_of(len(found), "cloud") + ("" if same else f", such as {name}")
        lines.append(f"{who}: {note}")
    return lines


def rate_lines(summary: Mapping[str, Any], width: int | None) -> list[str]:
    """What the archive costs, where there is one."""
    if summary.get("bytes") is None:
        return []
    return [
        "",
        *facts(
            [
                ("compared", count_of(summary["clouds"], "cloud")),
                ("bytes", f"{grouped(summary['bytes'])}, of {grouped(summary['raw_bytes'])} as float32"),
                ("ratio", f"{summary['ratio']:.2f} (paper's {summary['ratio_paper']:.2f})"),
                ("bits per point", short(summary["bits_per_point"])),
            ],
            width=width,
        ),
    ]


def cell(metric: str, value: float | None) -> str:
    """One number, as its metric is usually written."""
    if value is None:
        return "-"
    if metric in ("n_em_kd", "stray"):
        return percent(value)
    return f"{value:.2f}" if metric in HIGHER_IS_BETTER else short(value)


def errors_csv(errors: Sequence[CloudErrors]) -> str:
    """A header and a row per cloud, with the keys of the JSON lines; what was not measured is empty."""
    records = [each.to_dict() for each in errors]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(records[0]) if records else ["index", "name", "points", *HEADERS])
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()
