"""The training loop (paper section 3.4): steps on sampled points, reassignment beside them, one event at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from qaadcodec.config import CompressConfig
from qaadcodec.model.cpu_threads import threads
from qaadcodec.progress import Clock, PhaseEnded, PhaseStarted, Progress, StopRequest
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.device.steps import DeviceSteps
from qaadcodec.training.host.steps import Steps
from qaadcodec.training.learner import Learner
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.quantise.sensitivity import chosen_grids
from qaadcodec.training.quantise.size_control import SizeControl
from qaadcodec.training.schedule import learning_rate_factor

REPORT_SECONDS = 0.25


def train(
    learner: Learner,
    store: TargetStore,
    config: CompressConfig,
    variance: float,
    control: SizeControl | None = None,
    *,
    budget_seconds: float | None = None,
    stop: StopRequest | None = None,
) -> Iterator[PhaseStarted | Progress | PhaseEnded]:
    """Learn the set; the learner and the row order of the store change as this generator is run through.

    Each step takes a batch of clouds and the same sampled rows of Q for all of them, the same number from every
    patch. With the targets in row order, the loss is the mean squared distance row by row.

    Args:
        learner: changed in place.
        store: targets in the row order of Q.
        config: hyperparameters and seed. The same ones give the same result, unless a budget ends it sooner.
        variance: of the clouds, normalised; only to report errors relative to it.
        control: brings the archive to a wanted size.
        budget_seconds: end by then, with the learning rate brought down in time.
        stop: ends after the present step.

    Yields:
        The phase's start, progress a few times a second, and its end.
    """
    training, coding = config.training, config.coding
    rng = np.random.default_rng([config.seed, 3])
    batches = -(-len(store) // training.batch)
    clock = Clock(training.epochs * batches, budget_seconds)
    yield PhaseStarted("training", training.epochs, "epochs")
    kind = DeviceSteps if learner.latents.device.type == "cuda" else Steps
    with threads() as run, kind(learner, store, config, run, rng) as steps:
        meter, rounding, rounds = Meter(clock, variance), None, coding.numbers == "entropy"
        while clock.fraction < 1.0 and not stop:
            for batch in np.array_split(rng.permutation(len(store)), batches):
                if clock.fraction >= 1.0 or stop:
                    break
                if learner.grids is None and rounds and clock.fraction >= coding.learn_from and meter.error:
                    learner.grids, price = chosen_grids(learner, coding.loss * meter.error, config.seed)
                    rounding = Rounding(learner, learner.grids, coding.price * price)
                    steps.round_to(rounding)
                elif rounding and control and control.due(clock.fraction):
                    rounding = control.adjusted(learner, rounding, clock.fraction)
                    steps.round_to(rounding)
                falling = learning_rate_factor(max(clock.fraction, 1.0 / (clock.steps + 1)))
                meter.add(*steps.step(np.sort(batch), falling if training.schedule == "cosine" else 1.0))
                clock.done += 1
                if meter.due():
                    yield meter.progress(learner.epochs)
            else:
                learner.epochs += 1
        if stop or budget_seconds is not None:  # without them it is waited for, so that the same bytes come out
            steps.drop_waiting()
    yield meter.progress(learner.epochs)
    yield PhaseEnded("training", clock.seconds)


class Meter:
    """Loss and throughput of the training so far."""

    def __init__(self, clock: Clock, variance: float) -> None:
        self._clock, self._variance = clock, variance
        self._error: float | None = None
        self._losses: list[float | Tensor] = []
        self._points, self._reported = 0, time.monotonic()

    def add(self, loss: float | Tensor, points: int) -> None:
        """Take in one step's loss and points; a loss on a device is not looked at before the next report."""
        self._losses.append(loss)
        self._points += points

    @property
    def error(self) -> float:
        """The matched error of the last steps, squared normalised units; zero before the first."""
        for loss in torch.stack([torch.as_tensor(loss) for loss in self._losses]).tolist() if self._losses else []:
            self._error = loss if self._error is None else 0.98 * self._error + 0.02 * loss
        self._losses.clear()
        return self._error or 0.0

    def due(self) -> bool:
        """Whether it is time for another report."""
        return time.monotonic() - self._reported >= REPORT_SECONDS

    def progress(self, epochs: int) -> Progress:
        """The report."""
        self._reported = time.monotonic()
        error, seconds = self.error, self._clock.seconds
        return Progress(
            "training",
            epochs,
            self._clock.fraction,
            points_per_second=self._points / seconds if seconds > 0 and self._points else None,
            matched_error=None if self._error is None or self._variance <= 0 else error / self._variance,
            eta_seconds=self._clock.eta_seconds,
        )
