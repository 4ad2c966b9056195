"""All that is noticed of a set before it is learnt, from what its survey holds."""

from __future__ import annotations

import numpy as np

from qaadcodec.progress import Run
from qaadcodec.sets.align import Frame
from qaadcodec.sets.looks.finding import Finding
from qaadcodec.sets.looks.flying import flying
from qaadcodec.sets.looks.places import places
from qaadcodec.sets.looks.repeats import repeats
from qaadcodec.sets.looks.shapes import Likeness, other_shapes
from qaadcodec.sets.looks.units import ratios, units
from qaadcodec.sets.sketches import Sketches
from qaadcodec.sets.survey import Survey

TELLING = 100  # points of half of the clouds, at least: with fewer, chance decides what a shape looks like
SCALE = "--align similarity learns all at one size"
SCALED = "by --align, all are learnt at one size, and come back as given"
TIME_SHARE = 0.01  # of what is left of a budget, for laying clouds over each other


def look(found: Survey, frame: Frame | None, sketches: Sketches, run: Run) -> list[Finding]:
    """What is to be said of a set, a finding of each kind at most. Nothing is told yet.

    Args:
        frame: how it is aligned; None where it is learnt as it lies.
        sketches: of its clouds; a few more may be made.

    Raises:
        CloudError: a cloud has become unusable since the survey; Interrupted: stopped.
    """
    paths = [source.path for source in found.sources]
    seen, boxes = found.glimpses, np.array(found.boxes)
    sizes = np.array([glimpse.size for glimpse in seen])
    each = ratios(sizes)
    alike = np.flatnonzero(each == 1.0)
    kinds = None
    if np.median(found.counts) >= TELLING:
        hurried = run.within(run.share(TIME_SHARE))
        shapes = np.array([glimpse.shape for glimpse in seen])
        kinds = other_shapes(paths, Likeness(sketches, shapes, lambda: hurried.is_late), run.seed)
    strange = {path for path, _ in kinds.clouds} if kinds else set()  # their sizes tell nothing of units
    findings = [
        units(
            paths,
            np.where([path in strange for path in paths], 1.0, each),
            "the others",
            SCALED if frame and frame.poses.kind == "similarity" else SCALE,
        ),
        flying(paths, [glimpse.flying for glimpse in seen]),
        repeats(paths, found.counts, [glimpse.digest for glimpse in seen], boxes),
    ]
    if frame is None:
        centres = np.array([seen[i].centre for i in alike])
        findings.append(places([paths[i] for i in alike], centres, sizes[alike]))
    return [finding for finding in (*findings, kinds) if finding is not None]
