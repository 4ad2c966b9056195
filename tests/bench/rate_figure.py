"""The picture of `rate`: bytes per cloud against error, a column per set and a row per error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from rate_codecs import DRACO, FLOAT16, GPCC, PCA, QAAD
from rate_compare import ERRORS, front, lower_end

mpl.use("Agg")
from matplotlib import pyplot as plt  # after the choice of how to draw
from matplotlib.ticker import FuncFormatter

STYLES = [(0, (1, 1.5)), (0, (4, 1.5)), "-", (0, (6, 1, 1, 1))]  # from the smallest set on
BEST_PCA = "PCA, at its best"  # of all orders, numbers of components and steps
COLOURS = {QAAD: "tab:red", BEST_PCA: "tab:blue", DRACO: "black", "G-PCC": "tab:gray"}


def draw(path: Path, found: dict[str, dict[int, list[dict[str, Any]]]], reference: bool) -> None:
    """The lower ends of the curves, on logarithmic axes.

    Args:
        found: cells by set and N.
        reference: whether G-PCC's points of these sets are drawn.
    """
    figure, axes = plt.subplots(
        len(ERRORS), len(found), figsize=(5.2 * len(found) + 0.4, 4.2 * len(ERRORS) + 0.6), squeeze=False
    )
    for column, (name, by_clouds) in enumerate(found.items()):
        for row, (error, title) in enumerate(ERRORS.items()):
            axis = axes[row, column]
            panel(axis, by_clouds, error)
            if reference and name in GPCC:
                at = 2 + row
                points = sorted((entry[1], entry[at]) for entry in GPCC[name])
                style = {"color": COLOURS["G-PCC"], "linewidth": 1, "markersize": 6}
                axis.plot(*zip(*points, strict=True), "x:", label="G-PCC, measured elsewhere", **style)
            axis.set_xscale("log")
            axis.set_yscale("log")
            axis.grid(which="both", alpha=0.2, linewidth=0.5)
            axis.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}".replace(",", " ")))
            axis.set_title(name if row == 0 else "")
            axis.set_xlabel("bytes per cloud" if row == len(ERRORS) - 1 else "")
            axis.set_ylabel(title if column == 0 else "")
            if row == 0:
                axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    in_a_row = int(figure.get_figwidth() // 3.2)
    handles = [pair for axis in axes.flat for pair in zip(*axis.get_legend_handles_labels(), strict=True)]
    lines = {label: line for line, label in sorted(handles, key=lambda pair: pair[1])}
    place = {"loc": "outside lower center", "ncols": min(max(len(lines), 1), in_a_row), "frameon": False}
    figure.legend(lines.values(), lines.keys(), **place)
    figure.set_layout_engine("constrained")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def panel(axis: Any, by_clouds: dict[int, list[dict[str, Any]]], error: str) -> None:
    """The curves of one set and one error: Draco's once, since it knows no sets, the others' for each N."""
    every = [cell for _, cells in sorted(by_clouds.items()) for cell in cells if cell["column"] == DRACO]
    draco = front((cell for cell in every if cell["settings"]["clouds"] == every[-1]["settings"]["clouds"]), error)
    if draco:
        style = {"color": COLOURS[DRACO], "markersize": 4, "label": "Draco, 4 to 8 bits"}
        axis.plot(*zip(*draco, strict=True), "^-", **style)
    shown = [cell[error] for cells in by_clouds.values() for cell in cells if cell["column"] != FLOAT16]
    for line, (clouds, cells) in zip(STYLES, sorted(by_clouds.items()), strict=False):
        look = {"linestyle": line, "markersize": 4}
        mine = front((cell for cell in cells if cell["column"] == QAAD), error)
        pca = lower_end((cell for cell in cells if cell["column"] in PCA.values()), error)
        for codec, curve, marker in ((QAAD, mine, "o"), (BEST_PCA, pca, "")):
            if curve:
                label = f"{codec}, N = {clouds}"
                axis.plot(*zip(*curve, strict=True), label=label, color=COLOURS[codec], marker=marker, **look)
        if clouds == max(by_clouds):
            for cell in cells:
                if cell["column"] == FLOAT16:  # its error is far below the others'
                    label = "float16, zipped (error below the picture)"
                    axis.axvline(cell["bytes_per_cloud"], color="tab:green", linewidth=1, alpha=0.6, label=label)
    if shown:
        axis.set_ylim(min(shown) / 1.5, max(shown) * 1.5)
