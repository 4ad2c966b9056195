"""What is to be said of a result that is of no use, or of less than it could be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.metrics.rate import raw_bytes
from qaadcodec.progress import Run
from qaadcodec.sets.looks.finding import Finding, named, plural, rounded, some_of

if TYPE_CHECKING:
    from qaadcodec.training.finish import Learned
    from qaadcodec.training.likeness import Likeness

FEW = 0.02  # of the epochs planned: fewer are no training
FALLING = 1 / 3  # of the error halfway: 50 to 500 epochs end at 0.45 to 0.65 of it, 15 of bodies at 0.3
LIKE = 0.01  # nEM-kD: points are off by a tenth of the shape's radius
SAMPLING = 1.5  # times the limit of nEM-kD between two samplings of a sphere, where that is more; they have 1.1 to 1.4
ALIKE = 0.5  # of the error of one cloud for all: above that, latents tell little
UNLIKE = 0.1  # nEM-kD that is no likeness, however unlike the clouds are
MUCH_WORSE = 10.0  # times the median error

MORE_TIME = "--budget or --epochs gives it more time"
BETTER = f"{MORE_TIME}, a higher --quality more numbers; are all clouds of one kind, in one unit?"
OF_THE_SET = "mend what was found of the set before it was learnt"


def verdict(learned: Learned, paths: Sequence[str], before: Sequence[Finding], run: Run) -> list[Finding]:
    """What is to be said of what a set became, a finding of each kind at most. Nothing is told yet.

    Args:
        paths: of the clouds.
        before: what was found of the set.
    """
    header = learned.encoded.header
    bytes_in = raw_bytes(header.clouds, header.points)
    findings = [
        epochs(header.epochs or 0, learned.plan.training.epochs, stopped=bool(run.stop)),
        size(bytes_in, len(learned.encoded)),
        unlike(learned.error.n_em_kd, header.points, learned.likeness, OF_THE_SET if before else BETTER),
        worst(paths, learned.likeness),
    ]
    if findings[0] is None:
        findings.insert(0, falling(learned.course.fell_to))
    return [finding for finding in findings if finding is not None]


def epochs(done: int, planned: int, *, stopped: bool) -> Finding | None:
    """A training that ended long before it was over."""
    what = "it was stopped" if stopped else "the budget ended"
    if done == 0:
        text = f"{what} before every cloud was shown once; the clouds will look much alike"
        return Finding("epochs", text, MORE_TIME)
    if done >= FEW * planned:
        return None
    return Finding("epochs", f"{what} after {done} of {planned} epochs; the clouds will lack their detail", MORE_TIME)


def falling(fell_to: float | None) -> Finding | None:
    """A training that was far from its end when its epochs or its budget were over."""
    if fell_to is None or fell_to >= FALLING:
        return None
    text = f"the error was still falling fast: it came down to {fell_to:.2g} of what it was halfway"
    return Finding("falling", text, MORE_TIME)


def size(bytes_in: int, bytes_out: int) -> Finding | None:
    """An archive that is larger than what it holds."""
    if bytes_out <= bytes_in:
        return None
    text = f"the archive takes {bytes_out} bytes, and the positions of the clouds take {bytes_in} as float32"
    return Finding("size", text, "a lower --quality makes it smaller; few small clouds are better kept by other codecs")


def unlike(n_em_kd: float, points: int, likeness: Likeness, hint: str = BETTER) -> Finding | None:
    """Clouds that come back as something else.

    The limit is LIKE, or SAMPLING times what two samplings of M points of one sphere tend to, 2 ln M / M: the mean
    squared distance of matches is ln M / (2π M) times the area (Ambrosio, Stra and Trevisan 2019), here over the
    variance. Above it, a result is no likeness where one cloud for all would have less than twice its error, and above
    UNLIKE in any case.
    """
    limit = max(LIKE, SAMPLING * 2 * math.log(points) / points)
    gained = likeness.gained
    poor = gained is not None and gained > ALIKE
    if n_em_kd <= limit or not (poor or n_em_kd > max(UNLIKE, limit)):
        return None
    text = f"what comes back is hardly a likeness: nEM-kD is {100 * n_em_kd:.3g} %"
    if gained is not None and gained > ALIKE:
        alone = "do as well" if gained > 1 else f"have {1 / gained:.2g} times the error"
        text += f", and one mean cloud for all would {alone}"
    return Finding("likeness", text, hint)


def worst(paths: Sequence[str], likeness: Likeness) -> Finding | None:
    """Clouds that come back much worse than most; the number of each is its matched error over its variance."""
    own = likeness.own
    if len(own) == 0:
        return None
    median = float(np.median(own))
    odd = sorted(np.flatnonzero(own > max(MUCH_WORSE * median, LIKE)).tolist(), key=lambda i: -own[i])
    if not odd:
        return None
    text = (
        f"{some_of(len(odd), len(own))} {plural(len(odd), 'comes', 'come')} back much worse than most: "
        f"{named([f'{paths[i]} ({100 * own[i]:.3g} %)' for i in odd])}, the median is {100 * median:.3g} %"
    )
    hint = f"{plural(len(odd), 'is it', 'are they')} of the same kind as the others, and whole?"
    return Finding("worst", text, hint, tuple((paths[i], rounded(own[i])) for i in odd))
