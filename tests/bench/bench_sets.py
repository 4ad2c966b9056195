"""The sets of the paper's experiments: synthetic ones, or folders of PLY; and the errors of a whole set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds import Normalisation, find_clouds, resample
from qaadcodec.metrics.em_kd import em_kd, variance
from qaadcodec.metrics.nearest import nearest_distances
from qaadcodec.sets.gather import Gathered
from qaadcodec.sets.store import TargetStore
from qaadcodec.synth import KINDS
from qaadcodec.synth.make import make_cloud

Cloud = npt.NDArray[np.float32]


@dataclass(frozen=True)
class BenchSet:
    """N clouds of M points, normalised as a set.

    Attributes:
        name: faces, bodies or skulls.
        source: "synth" or the folder's name.
        store: the clouds, in random row order; runs copy them.
        scale: input units per normalised unit.
    """

    name: str
    source: str
    store: TargetStore
    scale: float

    @property
    def variance(self) -> float:
        """Mean variance of the clouds, in squared normalised units."""
        return float(np.mean([variance(cloud) for cloud in self.store.each()]))

    def copy(self) -> TargetStore:
        """The clouds in a store that a run may reorder."""
        copied = TargetStore(*self.store.points.shape[:2])
        for mine, original in zip(copied.each(), self.store.each(), strict=True):
            mine[:] = original
        return copied

    def gathered(self, store: TargetStore) -> Gathered:
        """A copy of the clouds, as a training gets it: in normalised units."""
        count, points, _ = store.points.shape
        return Gathered(
            store=store,
            names=tuple(f"{i:05d}" for i in range(count)),
            counts=(points,) * count,
            normalisation=Normalisation(np.zeros(3), 1.0),
            boxes=np.broadcast_to(np.array([[-1.0] * 3, [1.0] * 3]), (count, 2, 3)),
            dtype="float32",
            variance=self.variance,
        )


def load_set(name: str, clouds: int, points: int, data: Path | None, seed: int) -> BenchSet:
    """The first so many clouds of DIR/name, or of our own synth; resampled to M points, rows shuffled, normalised."""
    if data is None:
        source, read = "synth", lambda i: make_cloud(name, i, points, seed)
    else:
        files = find_clouds([data / name])
        if len(files) < clouds:
            raise SystemExit(f"{data / name} holds {len(files)} clouds, and {clouds} are wanted")
        source, read = data.name, lambda i: files[i].load().points
    store = TargetStore(clouds, points)
    low, high = np.full(3, np.inf, np.float32), np.full(3, -np.inf, np.float32)
    for i, row in enumerate(store.each()):  # one cloud in memory at a time: the paper's sets have gigabytes
        cloud = resample(read(i), points, seed + i)
        row[:] = cloud[np.random.default_rng([seed, i]).permutation(points)]
        low, high = np.minimum(low, row.min(0)), np.maximum(high, row.max(0))
    normalisation = Normalisation.of_bounds(low, high)
    for row in store.each():
        row[:] = normalisation.apply(row)
    return BenchSet(name, source, store, normalisation.scale)


def known_sets(data: Path | None) -> list[str]:
    """The paper's three sets that there are: folders of `data`, or what synth makes."""
    names = ["skulls", "bodies", "faces"]
    return [name for name in names if (data / name).is_dir()] if data else [name for name in names if name in KINDS]


def measure(clouds: BenchSet, decode: Callable[[int], Cloud], at_most: int) -> dict[str, float]:
    """EM-kD in squared input units, nEM-kD and the augmented Chamfer distance over variance: means over clouds.

    Args:
        at_most: clouds measured, evenly spread over the set.
    """
    chosen = np.unique(np.linspace(0, len(clouds.store) - 1, min(at_most, len(clouds.store))).round().astype(int))
    rows = []
    for i in chosen.tolist():
        original, decoded = clouds.store.points[i], decode(i)
        error, spread = em_kd(decoded, original), variance(original)
        chamfer = nearest_distances(decoded, original).augmented_chamfer
        rows.append((error * clouds.scale**2, error / spread, chamfer / spread))
    em, normalised, chamfer = np.mean(rows, axis=0).tolist()
    return {"em_kd": em, "nem_kd": normalised, "n_augmented_chamfer": chamfer, "clouds_measured": len(chosen)}
