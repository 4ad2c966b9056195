"""What is in an archive, for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from qaadcodec.report.tables import facts, table, wrapped
from qaadcodec.report.text import count_of, grouped, numbers, percent, short

if TYPE_CHECKING:
    from qaadcodec.codec.inspect import Inspection

FIRST_NAMES = 10


def inspection_lines(archive: Inspection, *, verbose: bool, width: int | None = None) -> list[str]:
    """Facts, sections and the first names; if verbose, the plan and all names.

    Args:
        width: columns of the terminal, here and below; None where it is none.
    """
    return [
        *facts(facts_of(archive), width=width),
        "",
        *sections_of(archive, width),
        "",
        *(plan_lines(archive, width) if verbose else []),
        *names_of(archive, len(archive.names) if verbose else FIRST_NAMES, width),
    ]


def plan_lines(archive: Inspection, width: int | None) -> list[str]:
    """Every setting that the archive was learnt with, and an empty line."""
    if archive.plan is None:
        why = "another version made it, clouds were added, or its settings were too long to keep"
        return [*wrapped([f"its plan is not known: {why}"], width), ""]
    rows = [
        (f"{group}.{name}", json.dumps(value))
        for group, settings in archive.plan.to_dict().items()
        if isinstance(settings, dict)
        for name, value in settings.items()
    ]
    return ["plan", "----", *facts(rows, width=width), ""]


def facts_of(archive: Inspection) -> list[tuple[str, str]]:
    """A line for each fact."""
    low, high = archive.bounds
    extras = [count_of(archive.fourier_octaves, "Fourier octave")] if archive.fourier_octaves else []
    extras += ["FiLM"] if archive.film else []
    extras += ["displacement"] if archive.displacement else []
    return [
        ("archive", archive.path),
        ("version", f"{archive.version}, written by {archive.writer}"),
        ("clouds", count_of(archive.clouds, "cloud")),
        ("points", f"{grouped(archive.points)} per cloud, {archive.dtype}"),
        ("patches", grouped(archive.patches)),
        ("latent size", grouped(archive.latent_size)),
        ("shared layers", " ".join(str(width) for width in archive.shared_widths)),
        ("patch heads", " ".join(str(width) for width in (*archive.head_widths, archive.channels))),
        ("network", ", ".join([count_of(archive.parameters, "parameter"), *extras])),
        ("bytes", f"{grouped(archive.bytes)}, of {grouped(archive.raw_bytes)} as float32"),
        ("ratio", f"{archive.ratio:.2f} (paper's {archive.ratio_paper:.2f})"),
        (
            "bits",
            f"{short(archive.bits_per_point)} per point",
        ),
        (
            "",
            f"{short(archive.bits_per_weight)} per weight, {short(archive.bits_per_latent)} per latent, "
            f"{short(archive.bits_per_input_point)} per input point",
        ),
        ("offset", numbers(archive.offset)),
        ("scale", numbers(archive.scale)),
        ("bounds", numbers(low)),
        ("", f"to {numbers(high)}"),
        *([("aligned", str(archive.poses))] if archive.poses is not None else []),
        ("made with", made_with(archive)),
        ("errors", ", ".join(f"{name} {short(value)}" for name, value in archive.errors.items()) or "none recorded"),
    ]


def made_with(archive: Inspection) -> str:
    """The preset and what went with it, as far as the archive says."""
    known = [("preset", archive.preset), ("seed", archive.seed), ("epochs", archive.epochs)]
    return ", ".join(f"{name} {value}" for name, value in known if value not in (None, "")) or "not recorded"


def sections_of(archive: Inspection, width: int | None) -> list[str]:
    """Bytes per section."""
    rows = [
        (s.tag, s.content, s.coding, grouped(s.bytes), f"{100 * s.bytes / archive.bytes:.1f} %")
        for s in archive.sections
    ]
    return table(rows, "lllrr", header=("section", "content", "coding", "bytes", "share"), width=width, optional=(2, 0))


def listing_lines(archive: Inspection, *, width: int | None = None) -> list[str]:
    """Every cloud, and a line for all of them."""
    error = archive.errors.get("n_em_kd")
    told = "" if error is None else f", nEM-kD {percent(error)}"
    clouds, points = count_of(archive.clouds, "cloud"), count_of(archive.points, "point")
    size = f"{grouped(archive.bytes)} bytes, ratio {archive.ratio:.2f}{told}"
    return [*names_of(archive, len(archive.names), width), *wrapped([f"{clouds} of {points}: {size}"], width)]


def names_of(archive: Inspection, limit: int, width: int | None = None) -> list[str]:
    """Places, names and original counts of the first clouds."""
    rows = [
        (str(i), name, grouped(count))
        for i, (name, count) in enumerate(zip(archive.names, archive.counts, strict=True))
        if i < limit
    ]
    lines = table(rows, "rlr", header=("index", "name", "original points"), width=width)
    rest = len(archive.names) - len(rows)
    return [*lines, f"and {grouped(rest)} more (-v lists all)"] if rest > 0 else lines
