"""Pictures of point clouds, drawn as shaded discs: Figures 2 to 4 of the paper, from what `table1 --pictures` kept."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from bench_sets import BenchSet, Cloud
from chamfer_runs import Trained
from scipy.ndimage import gaussian_filter

mpl.use("Agg")
from matplotlib import pyplot as plt  # after the choice of how to draw

VIEWS = {"front": (0, 1, 2), "side": (2, 1, 0)}  # axes to the right, up and towards the eye; y is up, z forward
SIDE = 420  # pixels
LIGHT = np.array([0.35, 0.5, 0.79])
NUMBERS = {"skulls": "2", "bodies": "3a", "faces": "3b"}
SHOWN = {  # title: columns, of which the first that there is
    "ours, default preset": ("default preset",),
    "NeuralQAAD": ("convergence", "+ Reassignment"),
    "AtlasNetV2": ("AtlasNetV2",),
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
    frame = frame_of(next(iter(clouds.values())))
    figure, axes = plt.subplots(
        len(VIEWS), len(clouds), figsize=(2.8 * len(clouds), 2.8 * len(VIEWS)), layout="constrained", squeeze=False
    )
    for row, view in zip(axes, VIEWS, strict=True):
        for axis, (title, cloud) in zip(row, clouds.items(), strict=True):
            axis.imshow(picture(cloud, VIEWS[view], frame), vmin=0, vmax=1)
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
        axis.imshow(picture(cloud, VIEWS["front"], frame_of(cloud), plt.get_cmap("hsv")(hues)[:, :3]))
        axis.set_axis_off()
        axis.set_title(f"{name}, {patches} patches")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def frame_of(cloud: Cloud) -> tuple[npt.NDArray[np.float64], float]:
    """Middle and half the longest side of a cloud's box, with a margin."""
    low, high = cloud.min(0).astype(np.float64), cloud.max(0).astype(np.float64)
    return (low + high) / 2, float((high - low).max()) * 0.53


def picture(
    cloud: Cloud,
    view: tuple[int, int, int],
    frame: tuple[npt.NDArray[np.float64], float],
    colours: npt.NDArray[np.float64] | None = None,
) -> npt.NDArray[np.float64]:
    """An orthographic picture, (SIDE, SIDE, 3): the nearest disc of each pixel, shaded by depth and slope.

    Args:
        view: axes to the right, up and towards the eye.
        frame: as `frame_of` gives it.
        colours: of each point, (M, 3); grey when None.
    """
    middle, half = frame
    at = (cloud.astype(np.float64) - middle) / half  # within [-1, 1]
    right = -at[:, view[0]] if view == VIEWS["side"] else at[:, view[0]]
    depth = at[:, view[2]]
    radius = max(1.0, 1.1 * SIDE / np.sqrt(len(cloud)))  # pixels: discs of neighbours overlap, so surfaces close
    reach = np.arange(-int(radius), int(radius) + 1)
    disc = np.array([(u, v) for u in reach for v in reach if u * u + v * v <= radius * radius])
    column = ((right + 1) / 2 * SIDE).astype(int)[:, None] + disc[:, 0]
    line = ((1 - at[:, view[1]]) / 2 * SIDE).astype(int)[:, None] + disc[:, 1]
    point = np.broadcast_to(np.arange(len(cloud))[:, None], column.shape)
    seen = (column >= 0) & (column < SIDE) & (line >= 0) & (line < SIDE)
    column, line, point = column[seen], line[seen], point[seen]
    order = np.argsort(depth[point], kind="stable")
    nearest = np.full((SIDE, SIDE), -1)
    nearest[line[order], column[order]] = point[order]  # the last one stays, which is the nearest
    hit = nearest >= 0
    depths = np.where(hit, depth[nearest], -1.0)
    weight = gaussian_filter(hit.astype(float), radius)
    smooth = gaussian_filter(np.where(hit, depths, 0.0), radius) / np.maximum(weight, 1e-6)
    slope_y, slope_x = np.gradient(smooth, 2.0 / SIDE)
    normals = np.stack([-slope_x, slope_y, np.ones_like(smooth)], axis=-1)
    slope = np.clip(normals / np.linalg.norm(normals, axis=-1, keepdims=True) @ LIGHT, 0, 1)
    shade = 0.15 + 0.55 * slope + 0.3 * (depths + 1) / 2  # the far side of an opening is darker
    colour = np.full((SIDE, SIDE, 3), 0.85) if colours is None else colours[nearest]
    return np.where(hit[..., None], np.clip(colour * shade[..., None], 0, 1), 1.0)
