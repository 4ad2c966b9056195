"""The picture of the front page: synthetic skulls and bodies, as they were, as they decode, and the error as colour.

bin/bench picture --picture tests/bench/figures/front.png --budget 4m
"""

from __future__ import annotations

import argparse
import tempfile
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
COLOURS = "cividis"  # reads the same with every kind of colour vision, and in grey


def spacing_of(cloud: Floats) -> float:
    """Mean distance from a point to its nearest neighbour."""
    return float(cKDTree(cloud).query(cloud, k=2)[0][:, 1].mean())


def learnt(kind: str, clouds: int, points: int, budget: float, folder: Path) -> list[tuple[Floats, Floats]]:
    """Make a set, compress it, and decode those clouds that are shown: pairs of original and decoded."""
    originals = {}
    for i in range(clouds):
        originals[i] = make_cloud(kind, i, points, 0)
        (folder / kind).mkdir(exist_ok=True)
        write_cloud(folder / kind / f"{i:05d}.ply", originals[i], "ply")
    summary = qaadcodec.compress(
        [folder / kind], folder / f"{kind}.qaad", qaadcodec.Request(budget_seconds=budget), run=qaadcodec.Run()
    )
    print(f"{kind}: {summary.bytes_out} bytes, nEM-kD {100 * summary.n_em_kd:.3g} %, {summary.seconds:.0f} s")
    with qaadcodec.open(folder / f"{kind}.qaad") as archive:
        return [(originals[i], archive[i]) for i in SHOWN[kind]]


def colours_of(decoded: Floats, original: Floats) -> Doubles:
    """A colour for each decoded point, (M, 3), by its distance from the nearest point of the original."""
    errors = cKDTree(original).query(decoded)[0] / spacing_of(original)
    return np.asarray(plt.get_cmap(COLOURS)(np.clip(errors / SPACINGS, 0, 1))[:, :3])


def paint(path: Path, pairs: list[tuple[Floats, Floats]]) -> None:
    """Draw a column for each pair: original, decoded, decoded with its error as colour."""
    figure, axes = plt.subplots(3, len(pairs), figsize=(1.9 * len(pairs), 5.6), layout="constrained")
    for column, (original, decoded) in enumerate(pairs):
        frame, view = frame_of(original), VIEWS["front"]
        axes[0, column].imshow(picture(original, view, frame))
        axes[1, column].imshow(picture(decoded, view, frame))
        axes[2, column].imshow(picture(decoded, view, frame, colours_of(decoded, original)))
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
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in SHOWN:
            pairs += learnt(kind, arguments.clouds, arguments.points, arguments.budget, Path(folder))
    paint(arguments.picture, pairs)


if __name__ == "__main__":
    main()
