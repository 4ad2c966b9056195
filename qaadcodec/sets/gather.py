"""From surveyed clouds to the target store: each brought to M points, normalised, and written down."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from qaadcodec.archive import MAX_POINTS, Poses, storable_names
from qaadcodec.arrays import Doubles, Singles
from qaadcodec.assignment.registration.surface import Surface
from qaadcodec.clouds import Normalisation, resample
from qaadcodec.errors import UsageError
from qaadcodec.metrics.em_kd import variance
from qaadcodec.progress import Run
from qaadcodec.ranks.part import Part
from qaadcodec.sets.again import read_again
from qaadcodec.sets.ahead import read_ahead
from qaadcodec.sets.align import Frame
from qaadcodec.sets.store import TargetStore
from qaadcodec.sets.survey import Survey, check_not_stopped

FLOAT32_STEP = 2.0**-24  # between neighbouring float32 numbers, over their size
FLOAT32_LEAST, FLOAT32_MOST = 2.0**-126, 2.0**126
BLURRED = 2.0**-16  # of the scale: coordinates that float32 moves farther than that are returned as float64


@dataclass(slots=True)
class Gathered:
    """A set of clouds, ready to be learnt. A context manager that closes the store.

    Attributes:
        store: N clouds of M normalised points, aligned if they have poses, in the order and row order of the input;
            of a run that several processes share, its own clouds. All else is of the whole set.
        names, counts: of each cloud, as the archive will keep them.
        normalisation: from input units to those of the store.
        boxes: least and greatest corner of each cloud in input units, (N, 2, 3) float64.
        dtype: what decoding should return so that no detail is lost, "float32" or "float64".
        variance: mean variance of the clouds, in squared normalised units.
        frame: the common frame of an aligned set; None for a set that is learnt as it lies.
    """

    store: TargetStore
    names: tuple[str, ...]
    counts: tuple[int, ...]
    normalisation: Normalisation
    boxes: Doubles
    dtype: str
    variance: float
    frame: Frame | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def poses(self) -> Poses | None:
        """Where each cloud lies; None for a set that is learnt as it lies."""
        return None if self.frame is None else self.frame.poses

    def turned(self, cloud: int, points: Singles) -> Singles:
        """Normalised points of a cloud in the orientation and size that it has in the input, wherever it lies there.

        EM-kD depends on the orientation, since its subspaces are boxes.
        """
        if self.frame is None:
            return points
        pose = self.frame.pose(cloud)
        return (pose.apply(points) - pose.shift).astype(np.float32)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()


def gather(
    found: Survey,
    points: int,
    run: Run,
    normalisation: Normalisation | None = None,
    frame: Frame | None = None,
    *,
    normals: bool = False,
) -> Gathered:
    """Read the surveyed clouds once more and store them, so that memory does not grow with N.

    Args:
        points: M. Clouds of other counts are resampled; cloud i draws with the run's seed plus i.
        normalisation: use this one, instead of that of the clouds' bounds.
        frame: the poses of the clouds, which are taken out, and a normalisation.
        normals: estimate the normal of the surface at every point, too.

    Raises:
        ChangedError: a cloud is not what was surveyed.
        Interrupted: stopped.
        EnvironmentFailure: no room for the working data.
        UsageError: more points per cloud than an archive holds.
    """
    if points > MAX_POINTS:
        hint = f"--points {MAX_POINTS} takes that many of each"
        raise UsageError(f"{points} points per cloud, and an archive holds {MAX_POINTS} at most", hint=hint)
    boxes = np.array(found.boxes)  # (N, 2, 3)
    bounds = outer_box(boxes)
    norm = frame.normalisation if frame else normalisation or Normalisation.of_bounds(bounds[0], bounds[1])
    part = Part.of(len(found.sources), run.ranks)
    store = TargetStore(part, points, folder=run.checkpoints.scratch, normals=normals)
    try:
        spread = fill(store, found, norm, frame, run)
    except BaseException:
        store.close()
        raise
    return Gathered(
        store=store,
        names=storable_names([source.name for source in found.sources]),
        counts=tuple(found.counts),
        normalisation=norm,
        boxes=boxes,
        dtype=returned_dtype(bounds, norm.scale * (1.0 if frame is None else frame.smallest)),
        variance=spread,
        frame=frame,
    )


def fill(store: TargetStore, found: Survey, norm: Normalisation, frame: Frame | None, run: Run) -> float:
    """Write every cloud to the store; the mean of the variances of the set, in squared normalised units."""
    points, part, spread = store.points.shape[1], store.part, 0.0
    sources, shapeless = found.sources[part.first : part.end], list[str]()

    def lay(own: int) -> float:
        cloud = part.first + own
        chosen = resample(read_again(found, cloud).points, points, run.seed + cloud)
        store.positions(own)[:] = norm.apply(chosen) if frame is None else frame.aligned(cloud, chosen)
        if store.normals:
            store.face(own, Surface.of(store.positions(own)).normals)
        return variance(store.positions(own))

    with run.phase("normalising", part.total, "clouds") as phase, closing(read_ahead(sources, lay)) as laid:
        for done, (source, own) in enumerate(zip(sources, laid, strict=True), 1):
            check_not_stopped(run)
            spread += own / part.total
            if own == 0:
                shapeless.append(source.path)
            phase.reach(part.reached(done))
    found_by_all = run.ranks.gathered((spread, shapeless))
    for path in (path for _, paths in found_by_all for path in paths):
        run.warn(f"{path}: too small beside the others to keep its shape")
    return sum(spread for spread, _ in found_by_all)


def outer_box(boxes: Doubles) -> Doubles:
    """The least box around boxes (N, 2, 3): its least and greatest corner, (2, 3)."""
    return np.stack([boxes[:, 0].min(0), boxes[:, 1].max(0)])


def returned_dtype(bounds: Doubles, scale: float) -> str:
    """float64 where float32 would blur a coordinate by more than 2^-16 of the scale, as in UTM, or cannot hold it.

    Float32 ends at 3.4e38, beyond which decoded points may lie though their originals did not; and what is smaller than
    1.2e-38 may become zero in it.
    """
    farthest = float(np.abs(bounds).max())
    blur = max(farthest * FLOAT32_STEP, FLOAT32_LEAST)
    return "float64" if blur > scale * BLURRED or farthest > FLOAT32_MOST else "float32"
