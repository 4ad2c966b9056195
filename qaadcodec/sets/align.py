"""Where the clouds of a set lie, and whether it helps to learn them as if all lay alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qaadcodec.archive import Poses, PoseValues
from qaadcodec.arrays import Doubles, Singles
from qaadcodec.clouds import Normalisation, PoseNumbers, Similarity
from qaadcodec.clouds.cloud import Points
from qaadcodec.progress import Run
from qaadcodec.ranks.part import Part
from qaadcodec.sets.again import read_again
from qaadcodec.sets.hubs import Hubs, Placed, place
from qaadcodec.sets.pose_extent import PoseExtent
from qaadcodec.sets.rigid_fit import Pair, register
from qaadcodec.sets.sketch import Sketch
from qaadcodec.sets.sketches import Sketches
from qaadcodec.sets.survey import Survey, check_not_stopped

TRIED = 16  # clouds by which it is decided whether and how a set is aligned, besides the odd ones
FEW_TRIED = 4  # of them, where there is little time
HELD = 256  # clouds among which hubs are looked for; the others are laid over the hubs one by one
TELLING = 100  # points of half of the clouds, at least: with fewer, chance decides how clouds lie over each other
CLEAR = 9.0  # times less squared error in half of the clouds: the set is aligned,
GROSS = 25.0  # or so many times less in the mean, where few clouds lie elsewhere or have other units
# For material rows, instead of CLEAR: bodies in motion, with 2.1, keep their limbs by it, while faces, with 1.4, gain
# nothing, and skulls have 1.1. Why is not known; perhaps since lengths are kept from the start on there.
HELPFUL = 1.75
ENOUGH = 1.25  # times the squared error of similarities: shifts are taken
TIME_SHARE = 0.15  # of what is left of a budget


@dataclass(frozen=True, slots=True)
class Frame:
    """The common frame of an aligned set.

    Attributes:
        normalisation: from input units to normalised coordinates; those of the aligned clouds fill [-1, 1]³.
        poses: of each cloud, in normalised coordinates, as the archive stores them.
    """

    normalisation: Normalisation
    poses: Poses

    def pose(self, cloud: int) -> Similarity:
        """The pose of a cloud, as the archive gives it back."""
        return Similarity.of_numbers(PoseNumbers(*self.poses.values(cloud)))

    def aligned(self, cloud: int, points: Points) -> Singles:
        """Points of a cloud (M, 3) in input units, normalised and without its pose; all but the result in float64."""
        norm = self.normalisation
        return self.pose(cloud).invert((points.astype(np.float64) - norm.offset) / norm.scale).astype(np.float32)

    @property
    def smallest(self) -> float:
        """The least scale of a pose."""
        return min((self.pose(i).scale for i in range(len(self.poses))), default=1.0)


def align(found: Survey, how: str, run: Run, sketches: Sketches | None = None, *, clear: float = CLEAR) -> Frame | None:
    """Find a pose for every cloud, or none where the set is as well off without.

    Of several ranks, the first finds out whether poses help; each finds those of its part, and all know all of them.

    Args:
        how: "none"; "shift", "rigid" or "similarity" for poses of that kind; "auto" for similarities, or for shifts
            where these come near the same error, if that is clearly below the error of the clouds as they lie. A set
            of clouds of fewer than TELLING points stays as it lies then.
        sketches: of the clouds, of which more are made here; they are made for this alone when None.
        clear: how many times less squared error in half of the clouds is clearly below, for "auto".

    Raises:
        ChangedError: a cloud is not what was surveyed; Interrupted: stopped.
    """
    if how == "none" or len(found.sources) < 2:
        return None
    if how == "auto" and np.median(found.counts) < TELLING:
        return None
    work = Aligning(found, run, sketches or Sketches(found, run))
    kind = run.ranks.decided(lambda: work.kind_that_helps(clear)) if how == "auto" else how
    return None if kind is None else work.aligned(kind)


def align_with(known: Sequence[Singles], first: Frame, found: Survey, run: Run) -> Frame:
    """Find poses for new clouds of a set that has a frame, by laying some of its clouds over them.

    Args:
        known: normalised clouds of the set, (M, 3) each, aligned; the most typical first.
        first: the frame of the set; kind and spacing of its poses become those of the new ones.

    Raises:
        ChangedError: a cloud is not what was surveyed; Interrupted: stopped; UsageError: a cloud lies too far
            away for the spacing.
    """
    norm, kind = first.normalisation, first.poses.kind
    rngs = (np.random.default_rng([run.seed, 8, i]) for i in range(len(known)))
    hubs = [Placed(Sketch(cloud, rng), Similarity.identity(), 0.0) for cloud, rng in zip(known, rngs, strict=True)]
    part, own = Part(len(found), run.ranks), list[Similarity]()
    with run.phase("aligning poses", part.total, "clouds") as phase:
        for i in range(part.first, part.end):
            check_not_stopped(run)
            points = (read_again(found, i).points.astype(np.float64) - norm.offset) / norm.scale
            own.append(place(hubs, Sketch(points, np.random.default_rng([run.seed, 7, i])), kind))
            phase.reach(part.reached(len(own)))
    poses = [pose for each in run.ranks.gathered(own) for pose in each]
    values = [PoseValues(*pose.numbers()) for pose in poses]
    frame = Frame(norm, Poses.of(kind, values, first.poses.exponent))
    tell(frame, run)
    return frame


class Aligning:
    """The search for the poses of a set."""

    def __init__(self, found: Survey, run: Run, sketches: Sketches) -> None:
        self.found, self.run, self.sketches = found, run, sketches
        boxes = np.array(found.boxes)  # (N, 2, 3)
        sizes, centres = np.ptp(boxes, axis=1).max(1), boxes.mean(1)
        self.middle = int(np.argsort(sizes, kind="stable")[len(sizes) // 2])
        far = int(np.square(centres - sketches.origin).sum(1).argmax())
        self.odd = {self.middle, int(sizes.argmin()), int(sizes.argmax()), far}

    def some(self, count: int) -> list[int]:
        """So many clouds, evenly spread over the set, and the odd ones."""
        total = len(self.found.sources)
        evenly = np.linspace(0, total - 1, min(count, total)).round().astype(int)
        return sorted({*evenly.tolist(), *self.odd})

    def kind_that_helps(self, clear: float) -> str | None:
        """The kind of poses by which some clouds lie clearly better over the middle one; None where there is none."""
        some = sorted({*self.some(TRIED)} - {self.middle}, key=lambda i: (i not in self.odd, i))
        hurried = self.run.within(self.run.share(TIME_SHARE))
        with self.run.phase("comparing poses", len(some), "clouds") as phase:
            middle = self.sketches[self.middle]
            as_made, errors = [], []
            for i in some:
                as_made.append(Pair(middle, self.sketches[i], "similarity").fit(Similarity.identity()).error)
                errors.append(register(middle, self.sketches[i], "similarity").error)
                phase.advance()
                if hurried.is_late and len(errors) >= FEW_TRIED:
                    break
            if not clearly_better(np.array(as_made), np.array(errors), clear):
                return None
            shifted = [register(middle, self.sketches[i], "shift").error for i in some[: len(errors)]]
        return "shift" if np.mean(shifted) <= ENOUGH * np.mean(errors) else "similarity"

    def aligned(self, kind: str) -> Frame:
        """Every cloud in one frame."""
        part, held = Part(len(self.found), self.run.ranks), self.some(HELD - len(self.odd))
        hurried, ranks = self.run.within(self.run.share(TIME_SHARE)), self.run.ranks

        def late() -> bool:
            check_not_stopped(self.run)
            return hurried.is_late

        with self.run.phase("aligning poses", part.total, "clouds") as phase:
            found = Hubs.of(self.sketches.of_all(held), held.index(self.middle), kind, late, ranks)
            placed = [
                Placed(sketch, *known)
                for sketch, known in zip(found.sketches, ranks.decided(lambda: known_of(found, kind)), strict=True)
            ]
            hubs = sorted((placed[i] for i in found.chosen), key=lambda hub: hub.cost)
            known = {i: (cloud.pose, box_of(cloud.sketch, cloud.pose)) for i, cloud in zip(held, placed, strict=True)}
            phase.reach(len(known))
            others = [i for i in range(part.first, part.end) if i not in known]
            own: dict[int, tuple[Similarity, Doubles]] = {}
            for i in others:
                sketch = self.sketches[i]
                pose = place(hubs[:1] if late() else hubs, sketch, kind)
                own[i] = pose, box_of(sketch, pose)
                phase.reach(len(known) + len(own) * (part.total - len(known)) // len(others))
            for each in ranks.gathered(own):
                known |= each
        if hurried.is_late:
            few = "1 other" if len(hubs) == 1 else f"1 to {len(hubs)} others"
            self.run.note(f"there was little time to align the clouds: each was compared with {few}")
        poses, boxes = zip(*(known[i] for i in range(part.total)), strict=True)
        frame = ranks.decided(lambda: self.framed(list(poses), np.array(boxes), kind))
        tell(frame, self.run)
        return frame

    def framed(self, poses: list[Similarity], boxes: Doubles, kind: str) -> Frame:
        """Normalised poses, of poses in input units from the origin and the boxes (N, 2, 3) of the aligned clouds."""
        inner = Normalisation.of_bounds(boxes[:, 0].min(0), boxes[:, 1].max(0))
        to_input = Similarity(inner.scale, np.eye(3), inner.offset)
        normalised = [to_input.inverse().after(pose).after(to_input).numbers() for pose in poses]
        return Frame(
            Normalisation(self.sketches.origin + inner.offset, inner.scale),
            Poses.of(kind, [PoseValues(*numbers) for numbers in normalised]),
        )


def tell(frame: Frame, run: Run) -> None:
    """Say how the clouds were aligned."""
    extent = PoseExtent.of(frame.poses, frame.normalisation.scale)
    run.note(f"aligned {len(frame.poses)} cloud{'s' * (len(frame.poses) > 1)} ({extent})")


def clearly_better(as_made: Doubles, aligned: Doubles, clear: float) -> bool:
    """Whether poses help: by squared errors of some clouds as they lie, and laid over the middle cloud."""
    least = np.maximum(aligned, np.finfo(float).tiny)
    return bool(np.median(as_made / least) >= clear or as_made.mean() >= GROSS * least.mean())


def known_of(found: Hubs, kind: str) -> list[tuple[Similarity, float, bool]]:
    """What `Placed` has of each of the clouds among which hubs were found, beside its sketch."""
    return [(cloud.pose, cloud.cost, cloud.tumbled) for cloud in centred(found.placed(), kind)]


def centred(placed: list[Placed], kind: str) -> list[Placed]:
    """The same clouds in a frame that lies in the middle of them: a mean rotation, a median size, a median place."""
    rotation, size = np.eye(3), 1.0
    if kind != "shift":  # the rotation nearest to all, by the Frobenius norm
        u, _, vt = np.linalg.svd(sum((cloud.pose.rotation for cloud in placed), np.zeros((3, 3))))
        rotation = (u * [1.0, 1.0, float(np.sign(np.linalg.det(u @ vt)))]) @ vt
    if kind == "similarity":
        size = float(np.exp(np.median([math.log(cloud.pose.scale) for cloud in placed])))
    start = min(placed, key=lambda cloud: cloud.cost).sketch.centre
    middle = np.median([cloud.pose.apply(start) for cloud in placed], axis=0)
    back = Similarity(size, rotation, middle - size * (rotation @ start)).inverse()
    return [replace(cloud, pose=cloud.pose.after(back)) for cloud in placed]


def box_of(sketch: Sketch, pose: Similarity) -> Doubles:
    """Least and greatest corner of a cloud in the common frame, (2, 3); its probes reach to its ends."""
    aligned = pose.invert(sketch.points)
    return np.stack([aligned.min(0), aligned.max(0)])
