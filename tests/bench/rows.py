"""What rows are worth: surfaces, stray points and landmarks of decoded clouds, with even rows and with material ones.

    bin/bench rows --data DIR                                      # tables
    bin/bench rows --data DIR --json FILE --options '--budget 4m'  # and a record, which it goes on from

DIR holds folders of PLY files (faces, bodies, skulls); beside a folder SET lie SET-dense, files of the same names with
many points of the same shapes, and SET.landmarks.npy, (N, L, 3): where L places of the shape are in every cloud.
Distances are in spacings of the original points. Where SET-registered lies there as well, the same shapes sampled at
the same places as the first of them, its nEM-kD is that of rows which correspond truly. And as many points drawn anew
from SET-dense tell what a second scan of the same shapes would have.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from bench_record import Record
from bench_tools import COMMAND, hardware
from scipy.spatial import cKDTree

import qaadcodec
from qaadcodec.clouds import find_clouds
from qaadcodec.config import ROWS
from qaadcodec.metrics.em_kd import em_kd, variance
from qaadcodec.metrics.point_tree import PointTree
from qaadcodec.metrics.surface import Surface, surface_errors

TRUE, AGAIN = "true", "scanned again"
PAIRS = 400  # of clouds, between which landmarks are carried
MEASURED = ("off_rms", "off_p99", "cover_rms", "cover_p99", "stray", "n_em_kd")


def main() -> None:
    """Compress every set in every way, and measure what comes back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="holds the folders")
    parser.add_argument("--sets", default="bodies,faces,skulls", help="some of the sets, with commas between")
    parser.add_argument("--rows", default=",".join(ROWS), help="with commas between")
    parser.add_argument("--options", default="--budget 4m", help="of `qaad compress`")
    parser.add_argument("--json", type=Path, help="take results down here, and go on from what is there")
    arguments = parser.parse_args()
    record = Record(arguments.json)
    print(f"{'set':<10}{'rows':<14}{'off RMS':>8}{'99 %':>7}{'stray':>9}{'landmarks':>11}{'nEM-kD':>9}{'bytes':>9}")
    for name in arguments.sets.split(","):
        wholes = {TRUE: true_rows} if (arguments.data / f"{name}-registered").is_dir() else {}
        for column, of_set in {**wholes, AGAIN: scanned_again}.items():
            settings = {"source": arguments.data.name, "rows": column}
            if (cell := record.find(name, column, settings)) is None:
                cell = {"set": name, "column": column, **of_set(arguments.data / name)}
                record.add({**cell, "settings": settings})
            print(f"{name:<10}{column:<14}{100 * cell['n_em_kd']:>38.3f} %")
        for rows in arguments.rows.split(","):
            settings = {"source": arguments.data.name, "rows": rows, "options": arguments.options}
            if (cell := record.find(name, "qaad", settings)) is None:
                cell = {"set": name, "column": "qaad", **measured(arguments.data / name, rows, arguments.options)}
                record.add({**cell, "settings": settings, "hardware": hardware()})
            line = f"{name:<10}{rows:<14}{cell['off_rms']:>8.2f}{cell['off_p99']:>7.2f}{100 * cell['stray']:>7.3f} %"
            print(f"{line}{cell['landmarks']:>11.2f}{100 * cell['n_em_kd']:>7.3f} %{cell['bytes']:>9}", flush=True)


def true_rows(folder: Path) -> dict[str, float]:
    """How far the registered clouds of a set are from its own, all but the first, which is the same."""
    pairs = zip(find_clouds([folder]), find_clouds([Path(f"{folder}-registered")]), strict=True)
    clouds = [(ours.load().points, true.load().points) for ours, true in pairs][1:]
    return {"n_em_kd": float(np.mean([em_kd(true, ours) / variance(ours) for ours, true in clouds]))}


def scanned_again(folder: Path) -> dict[str, float]:
    """How far other samples of the same surfaces are from the clouds of a set, at as many points and as dense."""
    rng, found = np.random.default_rng(0), []
    for file, reference in zip(find_clouds([folder]), find_clouds([Path(f"{folder}-dense")]), strict=True):
        cloud, dense = file.load().points, reference.load().points
        drawn = dense[rng.choice(len(dense), len(cloud), replace=False)]
        covered = surface_errors(PointTree.of(drawn), Surface.of(dense, len(cloud)))["cover_rms"]
        found.append((em_kd(drawn, cloud) / variance(cloud), covered))
    errors, covers = np.mean(found, axis=0).tolist()
    return {"n_em_kd": errors, "cover_rms": covers}


def measured(folder: Path, rows: str, options: str) -> dict[str, Any]:
    """Compress a set, and measure it."""
    with tempfile.TemporaryDirectory(prefix="qaad-rows-") as scratch:
        archive = Path(scratch) / "set.qaad"
        call = ["compress", str(folder), "-o", str(archive), "--rows", rows, *shlex.split(options), "--json", "-q"]
        made = summary_of(call)
        print(f"{folder.name} {rows}: {made['epochs']} epochs, {made['seconds']:.0f} s", file=sys.stderr, flush=True)
        errors = summary_of(["eval", str(archive), str(folder), "--dense", f"{folder}-dense", "--json", "-q"])
        found = {name: errors[name]["mean"] for name in MEASURED}
        with qaadcodec.open(archive) as source:
            decoded = [np.asarray(source[i], np.float64) for i in range(len(source))]
        originals = [file.load().points for file in find_clouds([folder])]
        dense = [file.load().points for file in find_clouds([Path(f"{folder}-dense")])]
        spacing = float(np.mean([Surface.of(d, len(o)).spacing for d, o in zip(dense, originals, strict=True)]))
        carried = carry(decoded, np.load(f"{folder}.landmarks.npy")) / spacing
        found |= {"landmarks": float(carried.mean()), "landmarks_p95": float(np.percentile(carried, 95))}
        return {**found, "bytes": archive.stat().st_size, "epochs": made["epochs"], "seconds": made["seconds"]}


def summary_of(call: list[str]) -> dict[str, Any]:
    """The last line that a `qaad` command prints, which is its summary."""
    printed = subprocess.run([str(COMMAND), *call], check=True, stdout=subprocess.PIPE, text=True).stdout
    summary: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return summary


def carry(decoded: list[np.ndarray], landmarks: np.ndarray) -> np.ndarray:
    """How far the row that is nearest to a landmark in one cloud is from it in another, (PAIRS, L)."""
    held = [cKDTree(cloud).query(marks)[1] for cloud, marks in zip(decoded, landmarks, strict=True)]
    rng, gaps = np.random.default_rng(0), []
    for _ in range(PAIRS):
        i, j = rng.choice(len(decoded), 2, replace=False)
        gaps.append(np.linalg.norm(decoded[j][held[i]] - landmarks[j], axis=1))
    return np.array(gaps)


if __name__ == "__main__":
    main()
