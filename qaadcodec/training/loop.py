"""The training loop (paper section 3.4): steps on sampled points, with reassignment between them."""

from __future__ import annotations

import numpy as np

from qaadcodec.config import Plan
from qaadcodec.model.across import mean_weight
from qaadcodec.model.cpu_threads import cloud_threads
from qaadcodec.progress import Clock, Run
from qaadcodec.sets.gather import Gathered
from qaadcodec.training.backend import Backend
from qaadcodec.training.course import Course
from qaadcodec.training.learner import Learner
from qaadcodec.training.passes import Passes
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.quantise.sensitivity import chosen_grids
from qaadcodec.training.quantise.size_control import SizeControl
from qaadcodec.training.schedule import learning_rate_factor
from qaadcodec.training.standing import Meter, Standing
from qaadcodec.work.state import State

STAGE = "training"


def train(
    learner: Learner, gathered: Gathered, plan: Plan, run: Run, backend: Backend, control: SizeControl | None = None
) -> Course:
    """Learn the set: the learner changes, and so does the row order of the store.

    Each step takes a batch of clouds and the same sampled rows of Q for all of them, the same number from every
    patch. With the targets in row order, the loss is the mean squared distance row by row.

    Args:
        learner: changed in place.
        gathered: its targets are in the row order of Q; its variance only scales the errors that are reported.
        plan: the same plan and seed give the same result, unless a deadline ends it sooner.
        run: the learning rate comes down in time for its deadline; once it is stopped, the present step is the last.
            Its checkpoints are written between steps; where they have a training, that is taken up.
        control: tells what the archive would take as soon as there are grids, and brings it to a wanted size.

    Returns:
        how the error fell.
    """
    training, coding, store = plan.training, plan.coding, gathered.store
    rng = np.random.default_rng([run.seed, 3])
    batches = -(-len(store) // training.batch)
    clock = Clock(training.epochs * batches, run.budget_seconds)
    with (
        run.phase("training", training.epochs, "epochs", at_most=run.deadline is not None) as phase,
        cloud_threads() as threads,
        backend.steps(learner, store, plan, threads, rng, run.seed) as steps,
    ):
        meter, passes = Meter(phase, clock, gathered.variance, batches), Passes(rng)
        standing = Standing(clock, passes, meter, control)

        def kept() -> State:
            return standing.state(learner, steps, plan)

        if (left := run.checkpoints.take(STAGE)) is not None:
            standing.go_on(left, learner, steps)
        run.checkpoints.change(STAGE, kept)
        rounds = coding.numbers == "entropy"
        while clock.fraction < 1.0 and not run.stop:
            if passes.over:
                passes.begin(len(store), batches)
            if learner.grids is None and rounds and clock.fraction >= coding.learn_from and meter.error:
                learner.grids, price = chosen_grids(learner, coding.loss * meter.error, run.seed)
                weight = mean_weight(training.across) if store.normals else 1.0
                standing.rounding = Rounding(learner, learner.grids, coding.price * price * weight)
                steps.round_to(standing.rounding)
            elif standing.rounding and control and control.due(clock.fraction):
                standing.rounding = control.adjusted(learner, standing.rounding, clock.fraction)
                steps.round_to(standing.rounding)
            elif standing.rounding and control:
                control.glance(learner)
            falling = learning_rate_factor(max(clock.fraction, 1.0 / (clock.units + 1)))
            meter.add(*steps.step(passes.batch(), falling if training.schedule == "cosine" else 1.0))
            clock.done += 1
            if meter.is_due:
                meter.report(learner.epochs, control.seen if control else None)
            if passes.over:
                learner.epochs += 1
            run.checkpoints.offer(STAGE, kept)
        if run.stop or run.deadline is not None:  # without them it is waited for, so that the same bytes come out
            steps.drop_waiting()
        else:
            run.checkpoints.change(STAGE, kept)
        meter.report(learner.epochs, control.seen if control else None)
    return meter.course
