"""The training loop (paper section 3.4): steps on sampled points, with reassignment between them."""

from __future__ import annotations

import time
from collections import deque

import numpy as np
import torch
from torch import Tensor

from qaadcodec.config import Plan
from qaadcodec.model.cpu_threads import cloud_threads
from qaadcodec.progress import Clock, Phase, Run
from qaadcodec.sets.gather import Gathered
from qaadcodec.training.backend import Backend
from qaadcodec.training.course import Course
from qaadcodec.training.learner import Learner
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.quantise.sensitivity import chosen_grids
from qaadcodec.training.quantise.size_control import SizeControl
from qaadcodec.training.schedule import learning_rate_factor

REPORT_SECONDS = 0.25
FEWEST = 4  # steps that the error that is told is a mean of


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
        meter = Meter(phase, clock, gathered.variance, batches)
        rounding, rounds = None, coding.numbers == "entropy"
        while clock.fraction < 1.0 and not run.stop:
            for batch in np.array_split(rng.permutation(len(store)), batches):
                if clock.fraction >= 1.0 or run.stop:
                    break
                if learner.grids is None and rounds and clock.fraction >= coding.learn_from and meter.error:
                    learner.grids, price = chosen_grids(learner, coding.loss * meter.error, run.seed)
                    rounding = Rounding(learner, learner.grids, coding.price * price)
                    steps.round_to(rounding)
                elif rounding and control and control.due(clock.fraction):
                    rounding = control.adjusted(learner, rounding, clock.fraction)
                    steps.round_to(rounding)
                elif rounding and control:
                    control.glance(learner)
                falling = learning_rate_factor(max(clock.fraction, 1.0 / (clock.units + 1)))
                meter.add(*steps.step(np.sort(batch), falling if training.schedule == "cosine" else 1.0))
                clock.done += 1
                if meter.is_due:
                    meter.report(learner.epochs, control.seen if control else None)
            else:
                learner.epochs += 1
        if run.stop or run.deadline is not None:  # without them it is waited for, so that the same bytes come out
            steps.drop_waiting()
        meter.report(learner.epochs, control.seen if control else None)
    return meter.course


class Meter:
    """Loss and throughput of the training so far.

    Args:
        phase: hears of them.
        clock: of the training.
        variance: of the clouds, which the errors that are told are divided by.
        batches: steps of a pass over the set.
    """

    def __init__(self, phase: Phase, clock: Clock, variance: float, batches: int) -> None:
        self._phase, self._clock, self._variance = phase, clock, variance
        self._error: float | None = None
        self._losses: list[float | Tensor] = []
        self._pass: deque[float] = deque(maxlen=max(batches, FEWEST))
        self._points, self._reported = 0, time.monotonic()
        self.course = Course()

    def add(self, loss: float | Tensor, points: int) -> None:
        """Take in one step's loss and points; a loss on a device is not looked at before the next report."""
        self._losses.append(loss)
        self._points += points

    @property
    def error(self) -> float:
        """The matched error, smoothed over the last 50 steps, in squared normalised units; zero before the first."""
        for loss in torch.stack([torch.as_tensor(loss) for loss in self._losses]).tolist() if self._losses else []:
            self._error = loss if self._error is None else 0.98 * self._error + 0.02 * loss
            self._pass.append(loss)
        self._losses.clear()
        return self._error or 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time for another report."""
        return time.monotonic() - self._reported >= REPORT_SECONDS

    def report(self, epochs: int, archive_bytes: int | None) -> None:
        """Say how far it is, with the mean error of the last pass over the set, and what the archive would take."""
        self._reported = time.monotonic()
        error, seconds = self.error, self._clock.seconds
        self.course.reports.append((self._clock.fraction, error))
        known = self._pass and self._variance > 0
        self._phase.report(
            epochs,
            self._clock,
            throughput=self._points / seconds if seconds > 0 and self._points else None,
            matched_error=float(np.mean(self._pass)) / self._variance if known else None,
            archive_bytes=archive_bytes,
        )
