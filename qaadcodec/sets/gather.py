"""From inputs to the target store: every cloud read, checked, brought to one number of points, and normalised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qaadcodec.archive import MAX_POINTS, storable_names
from qaadcodec.clouds import CloudSource, Normalisation, PointCloud, find_clouds, resample
from qaadcodec.errors import CloudError, Interrupted, UsageError
from qaadcodec.files import protect
from qaadcodec.metrics.em_kd import variance
from qaadcodec.progress import Clock, Listener, Notice, PhaseEnded, PhaseStarted, Progress, StopRequest
from qaadcodec.sets.store import TargetStore

FEWEST = 2  # points of a cloud that has a shape


@dataclass(slots=True)
class Gathered:
    """A set of clouds, ready to be learnt.

    Attributes:
        store: N clouds of M normalised points, in the order and row order of the input.
        names, counts: of each cloud, as the archive will keep them.
        normalisation: from input units to those of the store.
        boxes: least and greatest corner of each cloud in input units, (N, 2, 3) float64.
        dtype: what decoding should return so that no detail is lost, "float32" or "float64".
        variance: mean variance of the clouds, in squared normalised units.
        skipped: path and reason of each cloud that was left out.
    """

    store: TargetStore
    names: tuple[str, ...]
    counts: tuple[int, ...]
    normalisation: Normalisation
    boxes: npt.NDArray[np.float64]
    dtype: str
    variance: float
    skipped: tuple[tuple[str, str], ...]


def gather(
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    points: int | None,
    seed: int,
    skip_bad: bool,
    on_event: Listener,
    stop: StopRequest | None,
    normalisation: Normalisation | None = None,
    reason: str | None = None,
) -> Gathered:
    """Read the clouds twice: once to check and measure them, once to store them; so memory does not grow with N.

    Args:
        output: what will be written; must not be one of the inputs.
        points: M; the smallest count when None.
        seed: of the resampling.
        skip_bad: leave unusable clouds out and say so.
        normalisation: use this one, instead of that of the clouds' bounds.
        reason: why it is M, for the notice that clouds are resampled; where `points` is given.

    Raises:
        CloudError: a cloud is unusable (without `skip_bad`), or none is left.
        Interrupted: stopped.
        EnvironmentFailure: no room for the working data, or the output is one of the inputs.
        UsageError: more points per cloud than an archive holds.
    """
    sources = find_clouds(inputs)
    protect([source.file for source in sources if isinstance(source.file, Path)], output)
    survey = Survey(sources, skip_bad, on_event, stop)
    m = points or min(survey.counts)
    if m > MAX_POINTS:
        hint = f"--points {MAX_POINTS} takes that many of each"
        raise UsageError(f"{m} points per cloud, and an archive holds {MAX_POINTS} at most", hint=hint)
    _tell(survey, m, reason, on_event)
    boxes = np.array(survey.boxes)
    bounds = outer_box(boxes)
    norm = normalisation or Normalisation.of_bounds(bounds[0], bounds[1])
    store = TargetStore(len(survey.sources), m)
    spread = 0.0
    clock = Clock(len(store), None)
    on_event(PhaseStarted("normalising", len(store), "clouds"))
    try:
        for i, source in enumerate(survey.sources):
            if stop:
                raise Interrupted("stopped while reading; nothing was written")
            store.points[i] = norm.apply(resample(_usable(source).points, m, seed + i))
            own = variance(store.points[i])
            spread += own / len(store)
            if own == 0:
                on_event(Notice(f"{source.path}: too small beside the others to keep its shape", warning=True))
            store.touched(1)
            clock.done += 1
            on_event(Progress("normalising", clock.done, clock.fraction, eta_seconds=clock.eta_seconds))
    except BaseException:
        store.close()
        raise
    on_event(PhaseEnded("normalising", clock.seconds))
    return Gathered(
        store=store,
        names=storable_names([source.name for source in survey.sources]),
        counts=tuple(survey.counts),
        normalisation=norm,
        boxes=boxes,
        dtype=returned_dtype(bounds, norm.scale),
        variance=spread,
        skipped=tuple(survey.skipped),
    )


class Survey:
    """What a first look at every cloud finds; unusable ones are skipped or end it."""

    def __init__(
        self, sources: Sequence[CloudSource], skip_bad: bool, on_event: Listener, stop: StopRequest | None
    ) -> None:
        self.sources: list[CloudSource] = []
        self.counts: list[int] = []
        self.boxes: list[npt.NDArray[np.float64]] = []
        self.dropped: Counter[str] = Counter()
        self.skipped: list[tuple[str, str]] = []
        clock = Clock(len(sources), None)
        on_event(PhaseStarted("reading", len(sources), "clouds"))
        for source in sources:
            if stop:
                raise Interrupted("stopped while reading; nothing was written")
            try:
                self._take(source, _usable(source))
            except CloudError as error:
                if not skip_bad:
                    raise CloudError(
                        str(error), hint=error.hint or ("--skip-bad leaves it out" if len(sources) > 1 else None)
                    ) from error
                self.skipped.append((source.path, str(error)))
                on_event(Notice(f"skipped {error}", warning=True))
            clock.done += 1
            on_event(Progress("reading", clock.done, clock.fraction, eta_seconds=clock.eta_seconds))
        on_event(PhaseEnded("reading", clock.seconds))
        if not self.sources:
            raise CloudError(f"none of {len(sources)} clouds can be used")

    def _take(self, source: CloudSource, cloud: PointCloud) -> None:
        self.sources.append(source)
        self.counts.append(len(cloud.points))
        self.boxes.append(np.stack([cloud.points.min(0), cloud.points.max(0)]).astype(np.float64))
        self.dropped.update(set(cloud.dropped))


def _usable(source: CloudSource) -> PointCloud:
    """The cloud, if it has a shape to learn."""
    cloud = source.load()
    if len(cloud.points) < FEWEST:
        raise CloudError(f"{source.path}: has 1 point, and a cloud needs at least {FEWEST} to have a shape")
    if (cloud.points == cloud.points[0]).all():
        raise CloudError(f"{source.path}: all {len(cloud.points)} points are identical, so there is no shape to learn")
    return cloud


def outer_box(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The least box around boxes (N, 2, 3): its least and greatest corner, (2, 3)."""
    return np.stack([boxes[:, 0].min(0), boxes[:, 1].max(0)])


def _tell(survey: Survey, m: int, reason: str | None, on_event: Listener) -> None:
    """Say what happens to the clouds: which are resampled, and what is not kept of them."""
    least, most = min(survey.counts), max(survey.counts)
    changed = sum(count != m for count in survey.counts)
    if changed:
        why = reason or "the smallest count"
        what = f"{changed} of {len(survey.counts)} clouds are resampled to {m} points ({why})"
        on_event(Notice(f"{what}; they have {least} to {most}"))
    if reason is None and least < 0.5 * float(np.median(survey.counts)):
        path = survey.sources[survey.counts.index(least)].path
        on_event(
            Notice(
                f"{path} has {least} points, the median is {int(np.median(survey.counts))}; "
                "--points M keeps more detail of the others",
                warning=True,
            )
        )
    if survey.dropped:
        lost = ", ".join(f"{name} ({count} cloud{'s' * (count > 1)})" for name, count in sorted(survey.dropped.items()))
        on_event(Notice(f"not kept: {lost}; a .qaad holds positions only"))


def returned_dtype(bounds: npt.NDArray[np.float64], scale: float) -> str:
    """float64 where the step of float32 at the farthest coordinate is above 2^-16 of the scale, as in UTM."""
    step = float(np.abs(bounds).max()) * 2.0**-24
    return "float64" if step > scale * 2.0**-16 else "float32"
