"""Bytes per cloud against error: qaad, Draco, PCA of assigned clouds and zipped half precision, side by side.

    bin/bench rate                                        # sets made by qaad's own synth; tables
    bin/bench rate --data DIR --json FILE --picture FILE  # DIR/faces, DIR/bodies, DIR/skulls hold PLY files
    bin/bench rate --qaad '--quality 50' --qaad '512:--quality 80 --budget 1h' --also '--device cuda'
    bin/bench rate --data DIR --json FILE --picture FILE --codecs ''    # what FILE has, drawn anew

Bytes are all that decoding takes, shared parts included, over the clouds of the set; a set of N is the first N files
of a folder. Errors are means over some of its clouds, evenly spread. Each finished point is added to FILE at once, and
is not computed again when FILE already has it with the same settings; codecs left out are shown where FILE has them.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from bench_record import Record
from bench_sets import BenchSet, known_sets, load_set, measure
from rate_codecs import CODECS, DRACO, GPCC, GPCC_POINTS, PCA, QAAD, Setting, aligned, curve_settings, qaad_options
from rate_compare import ERRORS, bytes_at, common_range, common_ratio, crossing, lower_end, outdone
from rate_figure import draw

from qaadcodec.clouds import find_clouds

Cells = dict[str, dict[int, list[dict[str, Any]]]]
"""by set and N, with a label each"""

QUALITIES = "25,50,75,90"


def main() -> None:
    """Measure what is asked for and not known yet; print and draw everything that is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="holds folders of PLY; default: synthetic sets")
    parser.add_argument("--sets", help="some of the sets, with commas between")
    parser.add_argument("--clouds", default="8,64,512", help="sizes of the sets, with commas between")
    parser.add_argument("--points", type=int, default=GPCC_POINTS, help="points per cloud")
    parser.add_argument("--codecs", default=",".join(CODECS), help="those to measure, with commas between")
    parser.add_argument("--qualities", default=QUALITIES, help="points of qaad's curve, with commas between")
    parser.add_argument("--qaad", action="append", default=[], metavar="[N:]OPTIONS", help="points of it instead")
    parser.add_argument("--also", default="", metavar="OPTIONS", help="more options for every run of `qaad compress`")
    parser.add_argument("--measured", type=int, default=16, help="clouds of a set that errors are measured on, at most")
    parser.add_argument("--json", type=Path, help="take results down here, and go on from what is there")
    parser.add_argument("--picture", type=Path, help="draw the curves into this PNG")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    record = Record(arguments.json)
    wanted = [column for codec in arguments.codecs.split(",") if codec for column in CODECS[codec]]
    found: Cells = {}
    for name in arguments.sets.split(",") if arguments.sets else known_sets(arguments.data):
        for clouds in map(int, arguments.clouds.split(",")):
            options = qaad_options(arguments.qaad, arguments.qualities.split(","), arguments.also, clouds)
            cells = curves(record, name, clouds, arguments, options, wanted)
            found.setdefault(name, {})[clouds] = cells
    reference = arguments.data is not None and arguments.points == GPCC_POINTS
    for name, by_clouds in found.items():
        print_curves(name, by_clouds, GPCC.get(name, ()) if reference else ())
    for name, by_clouds in found.items():
        for title, columns in (("qaad", (QAAD,)), ("PCA, at its best", tuple(PCA.values()))):
            print_ratios(name, by_clouds, title, columns)
    if arguments.picture:
        draw(arguments.picture, found, reference)


def curves(
    record: Record, name: str, clouds: int, arguments: argparse.Namespace, options: list[str], wanted: Iterable[str]
) -> list[dict[str, Any]]:
    """The cells of a set of N clouds, those of the wanted columns measured if the record has them not."""
    if arguments.data and (there := len(find_clouds([arguments.data / name]))) < clouds:
        print(f"{arguments.data / name} holds {there} clouds: nothing of N = {clouds}", file=sys.stderr)
        return []
    source = arguments.data.name if arguments.data else "synth"
    common = {"source": source, "clouds": clouds, "points": arguments.points, "seed": arguments.seed}
    common["measured"] = min(arguments.measured, clouds)
    if QAAD not in wanted:
        options = known_options(record, name, common)

    @cache
    def loaded() -> BenchSet:
        return load_set(name, clouds, arguments.points, arguments.data, arguments.seed)

    cells = []
    with tempfile.TemporaryDirectory(prefix="qaad-rate-") as folder:
        points = list(curve_settings(clouds, options))
        for probes in (True, False):
            measuring = set(wanted) - (set() if probes else outdone(cells, PCA.values()))
            for setting in (point for point in points if point.probe == probes):
                settings = {**common, **setting.settings}
                cell = record.find(name, setting.column, settings)
                if cell is None and setting.column in measuring:
                    add_point(record, loaded(), setting, settings, Path(folder))
                    cell = record.find(name, setting.column, settings)
                if cell is not None:
                    cells.append({**cell, "label": setting.label})
    if loaded.cache_info().currsize:
        aligned.cache_clear()
        loaded().store.close()
    return cells


def known_options(record: Record, name: str, common: dict[str, Any]) -> list[str]:
    """The options of qaad's archives that the record has of a set."""
    mine = (cell for cell in record.cells if (cell["set"], cell["column"]) == (name, QAAD))
    return [cell["settings"]["options"] for cell in mine if common.items() <= cell["settings"].items()]


def add_point(record: Record, clouds: BenchSet, setting: Setting, settings: dict[str, Any], folder: Path) -> None:
    """Encode a set and measure the errors of some of its clouds, and take that down."""
    began = time.perf_counter()
    size, decode = setting.code(clouds, folder, settings["seed"])
    coded = time.perf_counter()
    errors = measure(clouds, decode, settings["measured"])
    cell = {"set": clouds.name, "column": setting.column, "bytes": size, "bytes_per_cloud": size / len(clouds.store)}
    cell |= {"em_kd": errors["em_kd"], "nem_kd": errors["nem_kd"]}
    cell["augmented_chamfer"] = 3 * errors["n_augmented_chamfer"]  # over the variance per axis
    cell |= {"clouds_measured": errors["clouds_measured"], "encoding_seconds": round(coded - began, 2)}
    record.add({**cell, "settings": settings})
    line = f"{clouds.name:<7} N = {len(clouds.store):<4} {setting.column:<16} {setting.label:<30}"
    print(f"{line} {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)


def print_curves(
    name: str, by_clouds: dict[int, list[dict[str, Any]]], reference: Iterable[tuple[str, int, float, float]]
) -> None:
    """Every point of a set, and those of G-PCC, which were measured elsewhere."""
    wide = max([len(cell["label"]) for cells in by_clouds.values() for cell in cells], default=0) + 2
    print(f"\n{name:<7}{'N':>5}  {'codec':<17}{'':<{wide}}{'bytes per cloud':>15}{'nEM-kD':>12}{'aug. Chamfer':>14}")
    for clouds, cells in by_clouds.items():
        for cell in cells:
            row = f"{'':<7}{clouds:>5}  {cell['column']:<17}{cell['label']:<{wide}}{cell['bytes_per_cloud']:>15.0f}"
            print(f"{row}{100 * cell['nem_kd']:>10.4f} %{cell['augmented_chamfer']:>14.3g}")
    for label, size, matched, chamfer in reference:
        row = f"{'':<7}{'any':>5}  {'G-PCC, elsewhere':<17}{label:<{wide}}{size:>15}"
        print(f"{row}{100 * matched:>10.4f} %{chamfer:>14.3g}")


def print_ratios(name: str, by_clouds: dict[int, list[dict[str, Any]]], codec: str, columns: tuple[str, ...]) -> None:
    """A codec's bytes over Draco's at the errors of Draco's points, and the size of a set from which they are fewer.

    No ratio stands where the codec does not reach that error. The last ratio is a mean over a range, which is told.

    Args:
        codec: what it is called.
        columns: those of the record that make its curve together.
    """
    for error, title in ERRORS.items():
        ratios: dict[str, dict[int, float]] = {}
        ranges: dict[int, str] = {}
        for clouds, cells in by_clouds.items():
            draco = [cell for cell in cells if cell["column"] == DRACO]
            mine = lower_end((cell for cell in cells if cell["column"] in columns), error)
            theirs = lower_end(draco, error)
            for cell in draco:
                level = bytes_at(mine, cell[error]) / cell["bytes_per_cloud"]
                ratios.setdefault(f"of Draco at {cell['label']}", {})[clouds] = level
            ratios.setdefault("all that both reach", {})[clouds] = common_ratio(mine, theirs)
            if common := common_range(mine, theirs):
                ranges[clouds] = f"N = {clouds}: {common[0]:.3g} to {common[1]:.3g}"
        if all(math.isnan(ratio) for row in ratios.values() for ratio in row.values()):
            continue
        print(f"\n{name}: bytes of {codec} over Draco's at equal {title}")
        print(f"{'the error':<22}" + "".join(f"{f'N = {clouds}':>10}" for clouds in by_clouds) + "  fewer bytes")
        for label, row in ratios.items():
            shown = "".join(f"{'–' if math.isnan(ratio) else f'{ratio:.3f}':>10}" for ratio in row.values())
            print(f"{label:<22}{shown}  {crossing(row)}")
        print(f"both reach errors of {'; '.join(ranges.values())}")


if __name__ == "__main__":
    main()
