"""Pictures of point clouds as `qaad render` draws them: Figures 2 to 4 of the paper, from what `table1` kept."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from bench_sets import BenchSet, Cloud
from chamfer_runs import Trained

from qaadcodec.arrays import Doubles
from qaadcodec.pictures.colours import PLAIN, Material, linear
from qaadcodec.pictures.draw import Frame, look_at, paint
from qaadcodec.pictures.views import VIEWS, camera

mpl.use("Agg")
from matplotlib import pyplot as plt  # after the choice of how to draw

SHOWN_FROM = ("front", "side")
SIDE = 420  # pixels
GREYS = Material(linear("#000000", "#ffffff"), 0.6)
NUMBERS = {"skulls": "2", "bodies": "3a", "faces": "3b"}
SHOWN = {  # title: columns, of which the first that there is
    "ours, default preset": ("default preset",),
    "NeuralQAAD": ("convergence", "+ Reassignment"),
    "AtlasNetV2": ("AtlasNetV2, patch deformation", "AtlasNetV2"),
}


def keep_clouds(folder: Path, clouds: BenchSet, column: str, trained: Trained) -> None:
    """Keep one decoded cloud and the input cloud of a cell, to draw them later without training."""
    shown = len(clouds.store) // 2
    np.savez_compressed(
        kept(folder, clouds.name, column),
        original=clouds.store.points[shown],
        decoded=trained.decode(shown),
        input_cloud=trained.learner.input_cloud.detach().cpu().numpy(),
        patches=trained.learner.network.config.patches,
    )


def paint_all(folder: Path) -> None:
    """Draw every figure that enough is kept for, whichever run kept it."""
    inputs = {}
    for name in NUMBERS:
        found = {title: first_kept(folder, name, columns) for title, columns in SHOWN.items()}
        there = {title: np.load(path) for title, path in found.items() if path is not None}
        if there:
            original = next(iter(there.values()))["original"]
            pictures = {"original": original} | {title: cell["decoded"] for title, cell in there.items()}
            paint_row(folder / f"figure{NUMBERS[name]}-{name}.png", pictures)
        if "NeuralQAAD" in there:
            inputs[name] = there["NeuralQAAD"]
    if inputs:
        paint_inputs(folder / "figure4-input-clouds.png", inputs)


def kept(folder: Path, name: str, column: str) -> Path:
    """Where the clouds of a cell are kept."""
    (folder / "clouds").mkdir(parents=True, exist_ok=True)
    return folder / "clouds" / f"{name}-{'-'.join(column.replace('+', '').replace(',', '').split()).lower()}.npz"


def first_kept(folder: Path, name: str, columns: tuple[str, ...]) -> Path | None:
    """The clouds of the first of these columns that has some."""
    paths = (kept(folder, name, column) for column in columns)
    return next((path for path in paths if path.exists()), None)


def paint_row(path: Path, clouds: dict[str, Cloud]) -> None:
    """Clouds side by side, in a row a view, all to the scale of the first."""
    frame = next(iter(clouds.values()))
    figure, axes = plt.subplots(
        len(SHOWN_FROM),
        len(clouds),
        figsize=(2.8 * len(clouds), 2.8 * len(SHOWN_FROM)),
        layout="constrained",
        squeeze=False,
    )
    for row, view in zip(axes, SHOWN_FROM, strict=True):
        for axis, (title, cloud) in zip(row, clouds.items(), strict=True):
            axis.imshow(picture(cloud, view, frame), vmin=0, vmax=1)
            axis.set_axis_off()
            if view == "front":
                axis.set_title(title)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def paint_inputs(path: Path, cells: dict[str, npt.NDArray[np.generic]]) -> None:
    """Trained input clouds, a colour for each patch (Figure 4)."""
    figure, axes = plt.subplots(1, len(cells), figsize=(3.2 * len(cells), 3.7), layout="constrained", squeeze=False)
    for axis, (name, cell) in zip(axes[0], cells.items(), strict=True):
        cloud, patches = cell["input_cloud"], int(cell["patches"])
        # Neighbouring patches have neighbouring numbers, so their hues are taken far apart.
        hues = (np.arange(len(cloud)) * patches // len(cloud)) * 0.618034 % 1.0
        axis.imshow(picture(cloud, "front", cloud, plt.get_cmap("hsv")(hues)[:, :3] ** 2.2))
        axis.set_axis_off()
        axis.set_title(f"{name}, {patches} patches")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def picture(cloud: Cloud, view: str, frame: Cloud, colours: Doubles | None = None) -> Doubles:
    """A picture, (SIDE, SIDE, 3), as `qaad render` draws it, on white.

    Args:
        frame: the cloud whose box the picture shows.
        colours: of each point, (M, 3), from 0 to 1; clay when None.
    """
    low, high = frame.min(0).astype(np.float64), frame.max(0).astype(np.float64)
    shown = Frame(camera(VIEWS[view]), (low + high) / 2, 1.06 * float((high - low).max()) / SIDE, SIDE, SIDE)
    points = cloud.astype(np.float64)
    if colours is None:
        drawn = paint(look_at(points, shown), PLAIN)
    else:  # red, green and blue one after the other
        drawn = np.concatenate(
            [paint(look_at(points, shown, colours[:, i]), GREYS)[..., i : i + 1] for i in range(3)]
            + [paint(look_at(points, shown), PLAIN)[..., 3:]],
            axis=-1,
        )
    return drawn[..., :3] + 1 - drawn[..., 3:]
