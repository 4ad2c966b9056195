"""The tables of REPRODUCTION.md: Table 1 and Figure 5 of the paper, EM-kD beside the EMD, and eq. 17."""

from __future__ import annotations

from typing import Any

from page_tables import SETS, markdown, percent, record
from table_cells import Cell, Seeds, chosen, curve, mean, of_table, spread

COLUMNS = (
    "MSE",
    "AtlasNetV2",
    "AtlasNetV2, patch deformation",
    "architecture",
    "+ Greedy",
    "+ Reassignment",
    "convergence",
    "+ displacement and PCA",
    "+ Fourier",
    "+ FiLM",
    "+ leaf re-solving",
    "+ higher rates",
    "+ more and thinner heads",
    "+ SOAP",
)
BASELINES = COLUMNS[1:3]
PAPER = {  # EM-kD as the paper prints it (Table 1), of the columns that it has; its AtlasNetV2 is the deforming one
    "skulls": (419.230, None, 30.681, 24.004, 18.312, 10.481, 6.708),
    "bodies": (0.187, None, 0.076, 0.023, 0.015, 0.011, 0.010),
    "faces": (2448.076, None, 200.083, 139.230, 74.893, 47.593, 18.554),
}
CURVES = ("AtlasNetV2", "AtlasNetV2, patch deformation", "architecture", "+ Reassignment")
SCALE = "small"


def best(name: str, cells: list[Cell]) -> dict[str, Seeds]:
    """By column, the cells of the choice that stands for it."""
    found = {column: chosen(cells, name, column, SCALE) for column in COLUMNS}
    return {column: one[1] for column, one in found.items() if one}


def baseline(columns: dict[str, Seeds]) -> float:
    """The mean nEM-kD of the better kind of AtlasNetV2."""
    return min(mean(columns[column]) for column in BASELINES if column in columns)


def table1() -> str:
    """nEM-kD and its ratio to AtlasNetV2, of the paper beside ours; how many seeds and at what."""
    cells = record("table1")["cells"]
    by_set = {name: best(name, cells) for name in ("skulls", "bodies", "faces")}
    rows = []
    for place, column in enumerate(COLUMNS):
        row = [column]
        for name, columns in by_set.items():
            row += [ours(columns, column), theirs(name, place)]
        if any(row[1::2]):
            rows.append(row)
    return markdown(["column", *(title for name in by_set for title in (name, "paper"))], rows)


def ours(columns: dict[str, Seeds], column: str) -> str:
    """One column of one set: nEM-kD, its range over seeds, and its ratio to AtlasNetV2."""
    if column not in columns:
        return ""
    ratio = "" if column in ("MSE", *BASELINES) else f", {mean(columns[column]) / baseline(columns):.3f}"
    return spread(columns[column]) + ratio


def theirs(name: str, place: int) -> str:
    """The same of the paper: EM-kD over that of its column MSE, and over that of its AtlasNetV2."""
    printed = PAPER[name]
    if place >= len(printed) or (value := printed[place]) is None:
        return ""
    share, deforming = value / printed[0], value / printed[2]
    return percent(share, 2) + ("" if place < 3 else f", {deforming:.2f}")


def tuned() -> str:
    """What each column was tried at: the nEM-kD of every number of points per step and rate, of the seeds it has."""
    cells = record("table1")["cells"]
    rows = []
    for column in ("AtlasNetV2", "AtlasNetV2, patch deformation", "architecture", "+ Greedy", "+ Reassignment"):
        tried = {name: of_table(cells, name, column, SCALE) for name in SETS}
        choices = sorted({c for found in tried.values() for c in found}, key=lambda c: (c.points, c.rate))
        for choice in choices:
            shown = [spread(tried[name][choice]) if choice in tried[name] else "" for name in SETS]
            rows.append([f"{column}, {choice}", *shown])
    return markdown(["column, points per step and rate", *SETS], rows)


def figure5() -> str:
    """nEM-kD on skulls by points per step, of the best rate that was tried there."""
    cells = record("table1")["cells"]
    curves = {column: curve(cells, "skulls", column, SCALE) for column in CURVES}
    points = sorted({sampled for found in curves.values() for sampled in found})
    rows = [
        [column, *(spread(found[sampled][1]) if sampled in found else "" for sampled in points)]
        for column, found in curves.items()
        if found
    ]
    return markdown(["", *map(str, points)], rows)


def emkd() -> str:
    """EM-kD over the EMD, and how much faster it is, by leaf; of two clouds, and of a rounded one and itself."""
    rows = []
    for row in record("emkd")["rows"]:
        if row["points"] >= 4096 and row["leaf"] < row["points"]:
            scipy = times(row["scipy_times_faster"]) if "scipy_times_faster" in row else ""
            shown = (f"{row['over_emd']:.3f}", times(row["times_faster"]), scipy)
            rows.append([row["set"], str(row["points"]), str(row["leaf"]), *shown])
    return markdown(["set", "M", "leaf", "EM-kD / EMD", "faster", "faster, by scipy"], rows)


def times(faster: float) -> str:
    """How many times faster, with a decimal where there are few."""
    return f"{faster:.0f} ×" if faster >= 10 else f"{faster:.1f} ×"


def correspondence() -> str:
    """The energy of eq. 17 and the mean squared way, of each way of assigning."""
    rows: dict[str, dict[str, Any]] = {}
    for row in record("correspondence")["rows"]:
        rows.setdefault(row["way"], {})[row["set"]] = f"{row['eq. 17']:.2f}, {percent(row['way over variance'], 1)}"
    return markdown(["", *SETS], [[way, *(found[name] for name in SETS)] for way, found in rows.items()])
