"""From what was learnt to what is written: the archive as it will be read, its grids, its size and its error."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from qaadcodec.archive import Archive, Encoded, Header, encode
from qaadcodec.config import Plan
from qaadcodec.metrics.sampled import SAMPLE, SampledError, sample_error
from qaadcodec.model.numpy_decoder import decode_points
from qaadcodec.progress import Run
from qaadcodec.sets.gather import Gathered, outer_box
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.course import Course
from qaadcodec.training.learner import Learner, of_all
from qaadcodec.training.likeness import Likeness, likeness
from qaadcodec.training.predict import predict
from qaadcodec.training.quantise.sensitivity import PROBED_CLOUDS, chosen_grids
from qaadcodec.training.quantise.size_control import fitted
from qaadcodec.version import __version__

UNLEARNT_LOSS = 0.05  # share of the error that rounding may cost where the training ended before it was learnt with
SIZE_TOLERANCE = 0.03  # of a wanted size: nearer than that, what was learnt is left alone
SIZE_MISSED = 0.1  # of a wanted size: farther than that, it is said


@dataclass(frozen=True, slots=True)
class Learned:
    """What a set became.

    Attributes:
        plan: that it was learnt by.
        encoded: the archive, with the error of a sample of its clouds in the header.
        error: that error.
        likeness: matched errors of all clouds, before anything was rounded.
        course: how the error fell.
    """

    plan: Plan
    encoded: Encoded
    error: SampledError
    likeness: Likeness = field(default_factory=Likeness)
    course: Course = field(default_factory=Course)


def finish(learner: Learner, targets: TargetStore, gathered: Gathered, plan: Plan, run: Run) -> Learned:
    """Encode the archive, and measure its error on what a reader will decode.

    Args:
        targets: what was learnt.
        gathered: what the error is measured against.
    """
    store, part = gathered.store, gathered.store.part
    with run.phase("measuring", min(SAMPLE, part.total), "clouds") as phase:
        whole = of_all(learner, run.ranks)
        encoded = run.ranks.decided(lambda: finally_encoded(whole, targets, gathered, plan, run))
        stored = encoded.decoded()
        error = sample_error(
            part,
            lambda i: gathered.turned(i, store.learnt(i - part.first)),
            lambda i: gathered.turned(
                i, decode_points(plan.network, stored.weights, stored.input_cloud, stored.latents[i])
            ),
            gathered.normalisation.scale,
            run,
            phase,
        )
        like = likeness(learner, targets, run)
    return Learned(plan, encoded.with_header(replace(encoded.header, errors=error.to_header())), error, like)


def finally_encoded(learner: Learner, targets: TargetStore, gathered: Gathered, plan: Plan, run: Run) -> Encoded:
    """The archive on the grids that the set was learnt with, brought to the wanted size if there is one.

    Where the training ended before it rounded anything, on grids that cost little error.
    """
    if plan.coding.numbers != "entropy":
        return encode(archive_of(learner, gathered, plan, run.seed), plan.coding)
    if learner.grids is None:
        learner.grids, _ = chosen_grids(learner, UNLEARNT_LOSS * matched_error(learner, targets), run.seed)
    if (target := plan.target_bytes) is None:
        return encoded_now(learner, gathered, plan, run.seed)
    encoded = fitted(learner, target, lambda learner: encoded_now(learner, gathered, plan, run.seed), SIZE_TOLERANCE)
    if abs((size := len(encoded)) - target) > SIZE_MISSED * target:
        way = "fewer" if size > target else "more"
        run.warn(f"the archive takes {size} bytes, not {target}: {way} are not possible for these clouds and settings")
    return encoded


def encoded_now(learner: Learner, gathered: Gathered, plan: Plan, seed: int) -> Encoded:
    """The archive of what a learner has learnt so far, on its present grids."""
    assert learner.grids is not None
    return encode(archive_of(learner, gathered, plan, seed), learner.grids)


def archive_of(learner: Learner, gathered: Gathered, plan: Plan, seed: int) -> Archive:
    """All that was learnt, not rounded yet."""
    norm, points = gathered.normalisation, gathered.store.points
    low, high = outer_box(gathered.boxes)
    return Archive(
        header=Header(
            clouds=len(gathered),
            points=points.shape[1],
            dtype=gathered.dtype,
            offset=tuple(norm.offset.tolist()),
            scale=norm.scale,
            bounds=(tuple(low.tolist()), tuple(high.tolist())),
            network=plan.network,
            writer=f"qaad {__version__}",
            preset=plan.request,
            seed=seed,
            epochs=learner.epochs,
        ),
        weights=learner.network.arrays(),
        input_cloud=learner.input_cloud.detach().cpu().numpy(),
        latents=learner.latents.detach().cpu().numpy(),
        names=gathered.names,
        counts=gathered.counts,
        poses=gathered.poses,
    )


def matched_error(learner: Learner, store: TargetStore) -> float:
    """Mean squared distance of the matches, over all points of the first few clouds, in squared normalised units."""
    few = range(min(len(store), PROBED_CLOUDS))
    gaps = [predict(learner.network, learner.input_cloud, learner.latents[i]) - store.learnt(i) for i in few]
    return float(np.mean([np.square(gap).sum(1).mean() for gap in gaps]))
