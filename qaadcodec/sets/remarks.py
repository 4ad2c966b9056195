"""What is to be said of clouds as they were read: a line for each kind, however many clouds there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from qaadcodec.clouds import LeftOut, PointCloud
from qaadcodec.progress import Run

MUCH = 0.1  # of the points of a file: who loses more should look at the file

# The fields of `LeftOut`, and what messages call such points.
_KINDS = {
    "not_finite": "points that are not finite",
    "at_origin": "points at exactly (0, 0, 0), which sensors write where they saw nothing",
}


class Noticed(NamedTuple):
    """What there is to say of a cloud, apart from its points; see `PointCloud`."""

    points: int
    left_out: LeftOut
    doubts: tuple[str, ...]

    @classmethod
    def of(cls, cloud: PointCloud) -> Self:
        """What there is to say of this one."""
        return cls(len(cloud), cloud.left_out, cloud.doubts)


@dataclass(slots=True)
class Remarks:
    """What was noticed while clouds were read.

    Attributes:
        clouds: how many were read.
        left_out: path, what was left out, and its share of the file, of each cloud that lost points.
        doubts: what may be wrong with files, and the paths of the clouds for which it is so.
    """

    clouds: int = 0
    left_out: list[tuple[str, LeftOut, float]] = field(default_factory=list)
    doubts: dict[str, list[str]] = field(default_factory=dict)

    def take(self, path: str, cloud: Noticed) -> None:
        """Note what there is to say of a cloud."""
        self.clouds += 1
        if lost := sum(cloud.left_out):
            self.left_out.append((path, cloud.left_out, lost / (lost + cloud.points)))
        for doubt in cloud.doubts:
            self.doubts.setdefault(doubt, []).append(path)

    @property
    def points_left_out(self) -> tuple[tuple[str, int], ...]:
        """Path and number of points left out of each cloud that lost any."""
        return tuple((path, sum(lost)) for path, lost, _ in self.left_out)

    def tell(self, run: Run) -> None:
        """Say which points were left out and what is doubtful; warn of clouds that lose more than a tenth."""
        for kind, what in _KINDS.items():
            counts = [(path, getattr(lost, kind)) for path, lost, _ in self.left_out if getattr(lost, kind)]
            if counts:
                run.note(self._left_out(counts, what))
        if much := [(share, path) for path, _, share in self.left_out if share > MUCH]:
            share, path = max(much, key=lambda each: each[0])
            worst = f"{100 * share:.0f} %"
            who = f"{len(much)} of {self.clouds} clouds lose more than a tenth of their points; {path} loses most"
            run.warn(f"{path} loses {worst} of its points" if len(much) == 1 else f"{who}, {worst}")
        for doubt, paths in self.doubts.items():
            more = f"; the same is true of {len(paths) - 1} more of {self.clouds} clouds" if len(paths) > 1 else ""
            run.warn(f"{paths[0]}: {doubt}{more}")

    def _left_out(self, counts: Sequence[tuple[str, int]], what: str) -> str:
        """`7 of 62 clouds have points that are not finite: 7 points left out; a/b.ply has most, 3`."""
        path, most = max(counts, key=lambda each: each[1])
        total = sum(count for _, count in counts)
        points = f"{total} point{'s' * (total > 1)} left out"
        if self.clouds == 1:
            return f"{path} has {what}: {points}"
        have = "has" if len(counts) == 1 else "have"
        whose = f" of {path}" if len(counts) == 1 else f"; {path} has most, {most}"
        return f"{len(counts)} of {self.clouds} clouds {have} {what}: {points}{whose}"
