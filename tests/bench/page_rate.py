"""The tables of `rate`: what a cloud costs and how far it is off, and bytes over Draco's at equal error."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from page_tables import SETS, grouped, markdown, percent, record
from rate_compare import Curve, bytes_at, common_range, common_ratio, fewer_from, lower_end, ratios_between

Cells = list[dict[str, Any]]
SIZES = (8, 64, 512)
FRONT = (  # the front page's rows: a title, and the options of each set
    ("64, in 100 s", 64, dict.fromkeys(SETS, "--quality 75 --budget 100s")),
    (
        "512, in 10 minutes (bodies: an hour)",
        512,
        dict.fromkeys(("faces", "skulls"), "--quality 75 --budget 10m") | {"bodies": "--quality 60 --latent-size 48"},
    ),
)
LONG = "--quality 60 --latent-size 48"  # how the hour of 512 bodies begins
DRACO_BITS = (5, 6, 7, 8)
TITLES = {"nem_kd": "nEM-kD", "augmented_chamfer": "augmented Chamfer"}
PCA_ERRORS = (0.004, 0.002, 0.001)  # those that are told of PCA


def cells_of(name: str, clouds: int, of: Callable[[dict[str, Any]], bool]) -> Cells:
    """The cells of a set of N clouds that are asked for; of several with the same settings, the newest."""
    found = {}
    for cell in record("rate")["cells"]:
        settings = cell["settings"]
        if cell["set"] == name and settings["clouds"] == clouds and of(cell):
            found[
                cell["column"], *(str(settings.get(key)) for key in ("options", "bits", "components", "coarseness"))
            ] = cell
    return list(found.values())


def of_qaad(cell: dict[str, Any]) -> bool:
    return bool(cell["column"] == "qaad")


def of_draco(cell: dict[str, Any]) -> bool:
    return bool(cell["column"] == "Draco")


def draco_of(name: str, clouds: int) -> Cells:
    """Draco's cells of a set of N clouds, or those of 64: it codes each cloud by itself, whatever N is."""
    return cells_of(name, clouds, of_draco) or cells_of(name, 64, of_draco)


def of_pca(cell: dict[str, Any]) -> bool:
    return bool(cell["column"].startswith("PCA"))


def point(cell: dict[str, Any] | None) -> str:
    """Bytes per cloud and nEM-kD."""
    return "" if cell is None else f"{grouped(cell['bytes_per_cloud'])}, {percent(cell['nem_kd'])}"


def front_page() -> str:
    """The results of the front page."""
    rows = []
    for title, clouds, options in FRONT:
        row = [title]
        for name in SETS:
            (cell,) = cells_of(
                name, clouds, lambda c, o=options[name]: of_qaad(c) and c["settings"]["options"].startswith(o)
            )
            row.append(f"{grouped(cell['bytes_per_cloud'])} bytes, {percent(cell['nem_kd'])}")
        rows.append(row)
    again = {cell["set"]: cell for cell in record("rows")["cells"] if cell["column"] == "scanned again"}
    rows.append(["a second scan", *(percent(again[name]["n_em_kd"]) for name in SETS)])
    return markdown(["clouds", *SETS], rows)


def all_points() -> str:
    """Bytes per cloud and nEM-kD of every archive of the record, of Draco, and of PCA."""
    rows = []
    for clouds in SIZES:
        found = {name: {c["settings"]["options"]: c for c in cells_of(name, clouds, of_qaad)} for name in SETS}
        options = sorted({text for cells in found.values() for text in cells}, key=order_of)
        for text in options:
            shown = "an hour *" if text.startswith(LONG) else f"`{text}`"
            rows.append([f"N = {clouds}, {shown}", *(point(found[name].get(text)) for name in SETS)])
    draco = {name: draco_of(name, 64) for name in SETS}
    for bits in DRACO_BITS:
        found = {name: [c for c in cells if c["settings"]["bits"] == bits] for name, cells in draco.items()}
        row = [point(found[name][0]) if found[name] else "" for name in SETS]
        rows.append([f"Draco, {bits} bits, N = 64", *row])
    for clouds in SIZES:
        for error in PCA_ERRORS:
            shown = [at_error(lower_end(cells_of(name, clouds, of_pca), "nem_kd"), error) for name in SETS]
            rows.append([f"PCA, N = {clouds}, at {percent(error, 1)}", *shown])
    return markdown(["", *SETS], rows)


def at_error(curve: Curve, error: float) -> str:
    """Bytes per cloud and nEM-kD at this error, or at the largest that was measured, where that is smaller."""
    if not curve or error < curve[-1][1]:
        return ""
    error = min(error, curve[0][1])
    return f"{grouped(bytes_at(curve, error))}, {percent(error)}"


def order_of(options: str) -> tuple[int, int]:
    """Archives in the order of their quality, then of their time."""
    words = options.split()
    minutes = words[words.index("--budget") + 1]
    seconds = int(minutes[:-1]) * (60 if minutes.endswith("m") else 1)
    return int(words[words.index("--quality") + 1]), seconds


def ratios() -> str:
    """Bytes over Draco's, the geometric mean over all errors that both reach, and which these are."""
    rows = []
    for error, title in TITLES.items():
        for codec, of in (("qaad", of_qaad), ("PCA", of_pca)):
            for clouds in SIZES:
                both = ((cells_of(name, clouds, of), draco_of(name, clouds)) for name in SETS)
                shown = [ratio(lower_end(mine, error), lower_end(draco, error), error) for mine, draco in both]
                rows.append([f"{codec}, N = {clouds}, by {title}", *shown])
    return markdown(["bytes over Draco's", *SETS], rows)


def over_pca() -> str:
    """The same of qaad over PCA, and from which error on qaad's are fewer."""
    rows = []
    for error, title in TITLES.items():
        for clouds in SIZES:
            row = [f"N = {clouds}, by {title}"]
            for name in SETS:
                mine, pca = (lower_end(cells_of(name, clouds, of), error) for of in (of_qaad, of_pca))
                row.append(ratio(mine, pca, error) + fewer(mine, pca, error))
            rows.append(row)
    return markdown(["qaad's bytes over PCA's", *SETS], rows)


def fewer(mine: Curve, theirs: Curve, error: str) -> str:
    """Where the bytes of mine are fewer, in words."""
    common, start = common_range(mine, theirs), fewer_from(mine, theirs)
    if common is None:
        return ""
    if math.isnan(start):
        return (
            ", more" if all(ratio >= 1 for _, ratio in ratios_between(mine, theirs)) else ", more at the largest error"
        )
    return ", fewer" if start == common[0] else f", fewer from {shown_error(start, error)} on"


def ratio(mine: Curve, theirs: Curve, error: str) -> str:
    """A ratio at equal error, and the errors that it is taken over."""
    found, common = common_ratio(mine, theirs), common_range(mine, theirs)
    if math.isnan(found) or common is None:
        return "–"
    low, high = (shown_error(end, error) for end in common)
    return f"{found:.2f} ({low} to {high})"


def shown_error(value: float, error: str) -> str:
    """An error as the tables of ratios have it."""
    return percent(value, 2) if error == "nem_kd" else f"{value:.2g}"


def front_ratios() -> str:
    """Bytes over Draco's by nEM-kD, of the front page."""
    rows = []
    for clouds in SIZES:
        both = ((cells_of(name, clouds, of_qaad), draco_of(name, clouds)) for name in SETS)
        curves = ([lower_end(cells, "nem_kd") for cells in pair] for pair in both)
        rows.append([str(clouds), *(ratio(mine, draco, "nem_kd") for mine, draco in curves)])
    return markdown(["clouds", *SETS], rows)
