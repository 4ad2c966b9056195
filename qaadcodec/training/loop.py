"""The training loop (paper section 3.4): steps on sampled points, reassignment beside them, one event at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.assignment.reassignment import pair_swaps
from qaadcodec.config import CompressConfig
from qaadcodec.events import PhaseEnded, PhaseStarted, Progress, StopRequest
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.training.clock import Clock, rate
from qaadcodec.training.loss import matched_error
from qaadcodec.training.optimiser import RowAdam
from qaadcodec.training.resolving import Resolving
from qaadcodec.training.sampling import sample_rows
from qaadcodec.training.step import Threads, threads
from qaadcodec.training.targets import TargetStore

REPORT_SECONDS = 0.25


@dataclass(slots=True)
class Learner:
    """What is learnt: the network, the input cloud Q (M, 3) and the latent table L (N, l); all on one device."""

    network: FoldingNetwork
    input_cloud: Tensor
    latents: Tensor
    epochs: int = 0
    """passes over the set that were finished"""


def train(
    learner: Learner,
    store: TargetStore,
    config: CompressConfig,
    variance: float,
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
        budget_seconds: end by then, with the learning rate brought down in time.
        stop: ends after the present step.

    Yields:
        The phase's start, progress a few times a second, and its end.
    """
    training = config.training
    rng = np.random.default_rng([config.seed, 3])
    batches = -(-len(store) // training.batch)
    clock = Clock(training.epochs * batches, budget_seconds)
    yield PhaseStarted("training", training.epochs, "epochs")
    with threads() as run:
        steps = Steps(learner, store, config, run, rng)
        meter = Meter(clock, variance)
        while clock.fraction < 1.0 and not stop:
            for batch in np.array_split(rng.permutation(len(store)), batches):
                if clock.fraction >= 1.0 or stop:
                    break
                meter.add(*steps.step(np.sort(batch), rate(max(clock.fraction, 1.0 / (clock.steps + 1)))))
                clock.done += 1
                if meter.due():
                    yield meter.progress(learner.epochs)
            else:
                learner.epochs += 1
        steps.finish()
    yield meter.progress(learner.epochs)
    yield PhaseEnded("training", clock.seconds)


class Steps:
    """Takes single training steps."""

    def __init__(
        self, learner: Learner, store: TargetStore, config: CompressConfig, run: Threads, rng: np.random.Generator
    ) -> None:
        self._learner, self._store, self._run, self._rng = learner, store, run, rng
        self._training, self._assignment = config.training, config.assignment
        self._offsets = patch_offsets(store.points.shape[1], config.network.patches)
        learner.input_cloud.requires_grad_(config.training.input_rate > 0)
        groups = [{"params": list(learner.network.parameters()), "share": 1.0}]
        if config.training.input_rate > 0:
            groups.append({"params": [learner.input_cloud], "share": config.training.input_rate})
        self._adam = torch.optim.Adam(groups, lr=config.training.learning_rate, fused=True)
        self._latents = RowAdam(learner.latents)
        self._resolving = Resolving(learner.network, store, config.assignment, config.seed, run)

    def step(self, batch: npt.NDArray[np.int64], factor: float) -> tuple[float, int]:
        """One step on these clouds, at this share of the learning rate; the loss before it, and the points shown."""
        learner = self._learner
        device = learner.latents.device
        rows = sample_rows(self._offsets, self._training.points_per_step, self._rng)  # (K, s)
        flat = rows.ravel()
        targets = self._store.points[batch[:, None], flat[None]]  # (B, K·s, 3)
        index = torch.from_numpy(batch).to(device)
        latents = learner.latents[index].requires_grad_()
        q = learner.input_cloud[torch.from_numpy(rows).to(device)]
        loss, predictions = matched_error(learner.network, q, latents, torch.from_numpy(targets).to(device), self._run)
        self._adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        for group in self._adam.param_groups:
            group["lr"] = self._training.learning_rate * group["share"] * factor
        self._adam.step()
        if latents.grad is not None:
            self._latents.step(index, latents.grad, self._training.learning_rate * self._training.latent_rate * factor)
        if self._assignment.pair_swaps:
            self._swap(batch, flat, predictions.cpu().numpy(), targets)
        if self._assignment.leaf_resolving:
            self._resolving.shown(batch, learner.epochs, learner.input_cloud.detach(), learner.latents)
        return float(loss.detach()), targets.shape[0] * targets.shape[1]

    def finish(self) -> None:
        """Leave the learner as a plain set of tensors."""
        self._learner.input_cloud.requires_grad_(False)

    def _swap(
        self,
        batch: npt.NDArray[np.int64],
        rows: npt.NDArray[np.int64],
        predictions: npt.NDArray[np.float32],
        targets: npt.NDArray[np.float32],
    ) -> None:
        """QAAD-Reassignment among the points of this step, each cloud in a thread of its own."""

        def swap(b: int) -> None:
            self._store.reorder(int(batch[b]), rows, pair_swaps(predictions[b], targets[b]))

        list(self._run.pool.map(swap, range(len(batch))))


class Meter:
    """Loss and throughput of the training so far."""

    def __init__(self, clock: Clock, variance: float) -> None:
        self._clock, self._variance = clock, variance
        self._error: float | None = None
        self._points, self._reported = 0, time.monotonic()

    def add(self, error: float, points: int) -> None:
        """Take in one step's loss and points."""
        self._error = error if self._error is None else 0.98 * self._error + 0.02 * error
        self._points += points

    def due(self) -> bool:
        """Whether it is time for another report."""
        return time.monotonic() - self._reported >= REPORT_SECONDS

    def progress(self, epochs: int) -> Progress:
        """The report."""
        self._reported = time.monotonic()
        seconds = self._clock.seconds
        return Progress(
            "training",
            epochs,
            self._clock.fraction,
            points_per_second=self._points / seconds if seconds > 0 and self._points else None,
            matched_error=None if self._error is None or self._variance <= 0 else self._error / self._variance,
            eta_seconds=self._clock.eta_seconds,
        )
