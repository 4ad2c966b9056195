"""The first look at every cloud of a set: which can be used, how many points they have, where they lie."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.clouds import CloudSource, PointCloud
from qaadcodec.clouds.cloud import Points
from qaadcodec.errors import CloudError, Interrupted
from qaadcodec.progress import Run
from qaadcodec.ranks.part import Part
from qaadcodec.ranks.ranks import Ranks
from qaadcodec.sets.ahead import read_ahead
from qaadcodec.sets.looks.glimpse import Glimpse
from qaadcodec.sets.remarks import Noticed, Remarks

FEWEST = 2  # points of a cloud that has a shape
FAR_FEWER = 0.5  # of the median count: a smallest cloud below that costs the others much detail
MOST_NAMED = 12  # names in a note


class Seen(NamedTuple):
    """What is kept of a cloud that can be used when its points are let go. `Survey` and `PointCloud` describe it."""

    noticed: Noticed
    dropped: tuple[str, ...]
    has_faces: bool
    box: Doubles
    checksum: int
    glimpse: Glimpse

    @classmethod
    def of(cls, cloud: PointCloud, rng: np.random.Generator) -> Self:
        """Look at a cloud; the generator draws the points that stand for it."""
        points = cloud.points
        kept = Noticed.of(cloud), cloud.dropped, cloud.has_faces
        return cls(*kept, box_of(points), checksum(points), Glimpse.of(points, rng))


@dataclass(slots=True)
class Survey:
    """What the first look found.

    Attributes:
        sources: the clouds that can be used, in the order of the input.
        counts: points of each.
        boxes: least and greatest corner of each in input units, (2, 3) float64.
        checksums: of the points of each, to know them again.
        has_faces: of each, whether its file has faces, from which points can be drawn.
        glimpses: where each lies, its size and shape in few numbers.
        dropped: what files have that an archive does not keep, and how many clouds have it.
        chosen: the arrays that were taken where files have others too, and how many clouds came from each.
        skipped: path and reason of each cloud that was left out.
        remarks: what there is to say of the files of the clouds that can be used.
    """

    sources: list[CloudSource] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    boxes: list[Doubles] = field(default_factory=list)
    checksums: list[int] = field(default_factory=list)
    has_faces: list[bool] = field(default_factory=list)
    glimpses: list[Glimpse] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    chosen: Counter[str] = field(default_factory=Counter)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)

    def __len__(self) -> int:
        return len(self.sources)

    def take(self, source: CloudSource, seen: Seen) -> None:
        """Note a cloud that can be used."""
        self.counts.append(seen.noticed.points)
        self.has_faces.append(seen.has_faces)
        self.sources.append(source)
        self.boxes.append(seen.box)
        self.checksums.append(seen.checksum)
        self.glimpses.append(seen.glimpse)
        self.dropped.update(set(seen.dropped))
        if source.chosen:
            self.chosen[source.chosen] += 1
        self.remarks.take(source.path, seen.noticed)

    def take_instead(self, cloud: int, source: CloudSource, seen: Seen) -> None:
        """Note that a surveyed cloud is read from elsewhere, as other points; its count stays that of its file."""
        self.sources[cloud] = source
        self.boxes[cloud] = seen.box
        self.checksums[cloud] = seen.checksum
        self.glimpses[cloud] = seen.glimpse

    def leave_out(self, clouds: Mapping[int, str]) -> None:
        """Take clouds that can no longer be used out again, by their places, and keep the reasons."""
        self.skipped += [(self.sources[i].path, why) for i, why in clouds.items()]
        kept = [i for i in range(len(self)) if i not in clouds]
        self.sources = [self.sources[i] for i in kept]
        self.counts = [self.counts[i] for i in kept]
        self.boxes = [self.boxes[i] for i in kept]
        self.checksums = [self.checksums[i] for i in kept]
        self.has_faces = [self.has_faces[i] for i in kept]
        self.glimpses = [self.glimpses[i] for i in kept]


def survey(sources: Sequence[CloudSource], run: Run, *, skip_bad: bool) -> Survey:
    """Read every cloud once, and keep what is known of it but its points.

    Of several ranks, each reads its part, and all know what was found.

    Args:
        run: strict in what is usable, if it says so.
        skip_bad: leave unusable clouds out and say so.

    Raises:
        CloudError: a cloud is unusable (without `skip_bad`), or none is left, or ranks have found different ones.
        Interrupted: stopped.
    """
    check_alike(sources, run.ranks)
    part, found = Part(len(sources), run.ranks), Survey()

    def look(own: int) -> Seen | CloudError:
        place = part.first + own
        try:
            return Seen.of(usable(sources[place], strict=run.strict), drawing(run.seed, place))
        except CloudError as error:
            return error

    def take(source: CloudSource, seen: Seen | str) -> None:
        if isinstance(seen, Seen):
            found.take(source, seen)
        else:
            found.skipped.append((source.path, seen))
            run.warn(f"skipped {seen}")

    mine = sources[part.first : part.end]
    with run.phase("reading", part.total, "clouds") as phase, closing(read_ahead(mine, look)) as looks:
        own: list[Seen | str] = []  # or why it cannot be used
        for seen in looks:
            check_not_stopped(run)
            if isinstance(seen, CloudError) and not skip_bad:
                hint = seen.hint or ("--skip-bad leaves it out" if len(sources) > 1 else None)
                raise CloudError(str(seen), hint=hint) from seen
            own.append(seen if isinstance(seen, Seen) else str(seen))
            if part.first == 0:  # there are none before these, so they can be told of at once
                take(mine[len(own) - 1], own[-1])
            phase.reach(part.reached(len(own)))
    every = [seen for each in run.ranks.gathered(own) for seen in each]
    told = len(found) + len(found.skipped)
    for source, other in zip(sources[told:], every[told:], strict=True):
        take(source, other)
    if not found.sources:
        raise CloudError(f"none of {len(sources)} clouds can be used")
    return found


def check_alike(sources: Sequence[CloudSource], ranks: Ranks) -> None:
    """Make sure that all ranks have found the same clouds, of the same sizes.

    Raises:
        CloudError: they have not.
    """
    if ranks.size == 1:
        return
    found = [(source.path, source.size()) for source in sources]
    for rank, digest in enumerate(digests := ranks.gathered(zlib.crc32(repr(found).encode()))):
        if digest != digests[0]:
            raise CloudError(
                f"process {rank} does not find the same clouds as process 0",
                hint="all machines have to find the same inputs, and nothing may write to them meanwhile",
            )


def box_of(points: Points) -> Doubles:
    """Least and greatest corner of a cloud (M, 3), as (2, 3) float64."""
    return np.stack([points.min(0), points.max(0)]).astype(np.float64)


def drawing(seed: int, place: int) -> np.random.Generator:
    """What draws the points that stand for a cloud, which has a generator of its own."""
    return np.random.default_rng([seed, 27, place])


def usable(source: CloudSource, *, strict: bool = False) -> PointCloud:
    """The cloud, if it has a shape to learn; CloudError if not. `CloudSource.load` tells what is `strict`."""
    cloud = source.load(strict=strict)
    if len(cloud.points) < FEWEST:
        raise CloudError(f"{source.path}: has 1 point, and a cloud needs at least {FEWEST} to have a shape")
    if (cloud.points == cloud.points[0]).all():
        raise CloudError(f"{source.path}: all {len(cloud.points)} points are identical, so there is no shape to learn")
    return cloud


def checksum(points: Points) -> int:
    """CRC-32 of the points (M, 3) as they are in memory; it takes a fiftieth of the time of reading them from PLY."""
    return zlib.crc32(np.ascontiguousarray(points).data)


def check_not_stopped(run: Run) -> None:
    """Raise Interrupted where the run was stopped: while clouds are read there is nothing to write."""
    if run.stop:
        raise Interrupted("stopped while reading; nothing was written")


def tell(found: Survey, points: int, reason: str | None, run: Run) -> None:
    """Say what happens to the clouds: what was left out, which are resampled, and what is not kept of them.

    Args:
        points: M.
        reason: why it is M; None where it is the smallest count.
    """
    found.remarks.tell(run)
    least, most, total = min(found.counts), max(found.counts), len(found.counts)
    drawn = [source.drawing is not None for source in found.sources]
    if changed := sum(count != points for count, by_surface in zip(found.counts, drawn, strict=True) if not by_surface):
        why = reason or "the smallest count"
        run.note(f"{changed} of {total} clouds are resampled to {points} points ({why}); they have {least} to {most}")
    if found.chosen:
        run.note(f"taken as clouds: {_counted(found.chosen)}")
    median = float(np.median(found.counts))
    if reason is None and not any(drawn) and least < FAR_FEWER * median:
        path = found.sources[found.counts.index(least)].path
        run.warn(f"{path} has {least} points, the median is {int(median)}; --points M keeps more detail of the others")
    if found.dropped:
        run.note(f"not kept: {_counted(found.dropped)}; a .qaad holds positions only")


def _counted(names: Counter[str]) -> str:
    """Names, and how many clouds have each; of many names, the first."""
    shown = [f"{name} ({count} cloud{'s' * (count > 1)})" for name, count in sorted(names.items())[:MOST_NAMED]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
