"""The picture of the front page: synthetic skulls and bodies, as they were, as they decode, and the error as colour.

The error is the distance from a decoded point to the surface, for which a denser sampling of the same shape stands.

bin/bench picture --picture tests/bench/figures/front.png --budget 4m
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from point_pictures import VIEWS, frame_of, picture
from scipy.spatial import cKDTree

import qaadcodec
from qaadcodec.arrays import Doubles, Floats
from qaadcodec.cli.options import duration
from qaadcodec.clouds import write_cloud
from qaadcodec.synth.make import make_cloud

mpl.use("Agg")
from matplotlib import pyplot as plt  # after the choice of how to draw

SHOWN = {"skulls": (5, 21, 40), "bodies": (4, 23, 37)}
SPACINGS = 2.0  # error at the end of the scale, in distances between neighbouring points
DENSER = 24  # points of the surface to one of the cloud
COLOURS = "cividis"  # reads the same with every kind of colour vision, and in grey


def spacing_of(cloud: Floats) -> float:
    """Mean distance from a point to its nearest neighbour."""
    return float(cKDTree(cloud).query(cloud, k=2)[0][:, 1].mean())


@dataclass(frozen=True)
class Column:
    """What is shown of a cloud: it, what it decodes to, and the distance of each decoded point from the surface."""

    original: Floats
    decoded: Floats
    error: Floats
    """(M,), in spacings of the original"""


def columns(kind: str, clouds: int, points: int, budget: float, folder: Path) -> list[Column]:
    """Make a set, compress it, and decode those clouds that are shown."""
    (folder / kind).mkdir()
    for i in range(clouds):
        write_cloud(folder / kind / f"{i:05d}.ply", make_cloud(kind, i, points, 0), "ply")
    summary = qaadcodec.compress(
        [folder / kind], folder / f"{kind}.qaad", qaadcodec.Request(budget_seconds=budget), run=qaadcodec.Run()
    )
    print(f"{kind}: {summary.bytes_out} bytes, nEM-kD {100 * summary.n_em_kd:.3g} %, {summary.seconds:.0f} s")
    with qaadcodec.open(folder / f"{kind}.qaad") as archive:
        return [column_of(kind, i, archive[i]) for i in SHOWN[kind]]


def column_of(kind: str, index: int, decoded: Floats) -> Column:
    """A decoded cloud beside its original and the surface of that."""
    original = make_cloud(kind, index, len(decoded), 0)
    surface = cKDTree(make_cloud(kind, index, DENSER * len(decoded), 0))
    return Column(original, decoded, surface.query(decoded)[0] / spacing_of(original))


def colours_of(errors: Floats) -> Doubles:
    """A colour for each point, (M, 3)."""
    return np.asarray(plt.get_cmap(COLOURS)(np.clip(errors / SPACINGS, 0, 1))[:, :3])


def paint(path: Path, shown: list[Column]) -> None:
    """Draw each column: original, decoded, decoded with its error as colour."""
    figure, axes = plt.subplots(3, len(shown), figsize=(1.9 * len(shown), 5.6), layout="constrained")
    for at, column in zip(axes.T, shown, strict=True):
        frame, view = frame_of(column.original), VIEWS["front"]
        at[0].imshow(picture(column.original, view, frame))
        at[1].imshow(picture(column.decoded, view, frame))
        at[2].imshow(picture(column.decoded, view, frame, colours_of(column.error)))
    for row, title in zip(axes, ("original", "decoded", "error"), strict=True):
        row[0].set_ylabel(title)
        for axis in row:
            axis.set(xticks=[], yticks=[])
            for spine in axis.spines.values():
                spine.set_visible(False)
    scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(0, SPACINGS), COLOURS)
    figure.colorbar(scale, ax=axes[2], label="spacings of points", aspect=12, pad=0.01)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, default=Path("front.png"), help="the picture to write")
    parser.add_argument("--clouds", type=int, default=64)
    parser.add_argument("--points", type=int, default=16384)
    parser.add_argument("--budget", type=duration, default="4m", help="time for each set")
    arguments = parser.parse_args()
    shown = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in SHOWN:
            shown += columns(kind, arguments.clouds, arguments.points, arguments.budget, Path(folder))
    paint(arguments.picture, shown)


if __name__ == "__main__":
    main()
