"""Meshes of a set: whether points are drawn from their surfaces, or their vertices are the clouds."""

from __future__ import annotations

import numpy as np

from qaadcodec.clouds import CloudSource, PointCloud
from qaadcodec.errors import CloudError
from qaadcodec.progress import Run
from qaadcodec.ranks.part import Part
from qaadcodec.sets.survey import Seen, Survey, check_not_stopped, drawing, usable


def sampled(found: Survey, wanted: int | None, run: Run, *, skip_bad: bool) -> int:
    """M; and the survey becomes that of the meshes as what they are sampled to.

    As the run says, points are drawn from the surfaces of the clouds that have faces, or vertices are taken. If it does
    not say, vertices are taken where every cloud of the set has M of them, and points drawn elsewhere: else vertices
    would be left out or repeated.

    If M is not given, it is the smallest count where vertices are taken. Where surfaces are sampled it is the median of
    the counts, which costs no mesh its detail, but no more than the smallest count of a cloud without faces.

    Args:
        wanted: M; None to choose it.
        skip_bad: leave out clouds whose faces cannot be used, and say so.

    Raises:
        CloudError: faces of a cloud cannot be used (without `skip_bad`), or no cloud is left.
        Interrupted: stopped.
    """
    points = wanted or min(found.counts)
    equal = all(count == points for count in found.counts)
    meshes = sum(found.has_faces)
    if run.sample == "surface" and not meshes:
        run.warn("no cloud has faces that points could be drawn from; their own points are taken")
    if not meshes or run.sample == "vertices" or (equal and run.sample is None):
        if meshes and run.sample is None:
            run.note(f"{_of(meshes, found)} faces; all have {points} vertices, which are taken (--sample vertices)")
        return points
    if not wanted:
        bare = [count for count, has in zip(found.counts, found.has_faces, strict=True) if not has]
        points = min([int(np.median(found.counts)), *bare])
    why = "as asked for" if run.sample else f"they have {min(found.counts)} to {max(found.counts)} vertices"
    _draw(found, points, run, skip_bad)
    many = sum(found.has_faces)
    run.note(f"{_of(many, found)} faces: {points} points of each are drawn from its surface ({why}; --sample surface)")
    return points


def taken(source: CloudSource, points: int, run: Run, *, equal: bool) -> PointCloud:
    """A cloud as `sampled` takes it in a set: what decoded clouds of so many points are to be compared with.

    Args:
        equal: whether all clouds of the set have as many.
    """
    on_surface = source.on_surface(points, run.seed)
    if run.sample == "surface":
        return on_surface.load()
    cloud = source.load()
    if run.sample == "vertices" or not cloud.has_faces or (equal and len(cloud) == points):
        return cloud
    return on_surface.load()


def _of(count: int, found: Survey) -> str:
    total = len(found.counts)
    return f"{count} of {total} cloud{'s' * (total > 1)} ha{'ve' if count > 1 else 's'}"


def _draw(found: Survey, points: int, run: Run, skip_bad: bool) -> None:
    """Survey the meshes anew, as points that are drawn from them; counts stay those of the files.

    Of several ranks, each draws from those of its part.
    """
    part, own = Part(len(found), run.ranks), dict[int, Seen | str]()
    sources = {
        i: found.sources[i].on_surface(points, run.seed) for i, has_faces in enumerate(found.has_faces) if has_faces
    }
    with run.phase("drawing", part.total, "clouds") as phase:
        for i in range(part.first, part.end):
            check_not_stopped(run)
            if i in sources:
                try:
                    own[i] = Seen.of(usable(sources[i], strict=run.strict), drawing(run.seed, i))
                except CloudError as error:
                    if not skip_bad:
                        raise
                    own[i] = str(error)
            phase.reach(part.reached(i + 1 - part.first))
    unusable = dict[int, str]()
    for i, seen in ((i, seen) for each in run.ranks.gathered(own) for i, seen in each.items()):
        if isinstance(seen, Seen):
            found.take_instead(i, sources[i], seen)
        else:
            unusable[i] = seen
            run.warn(f"skipped {seen}")
    found.leave_out(unusable)
    if not len(found):
        raise CloudError(f"none of {part.total} clouds can be used")
