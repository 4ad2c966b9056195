"""How far a training is: the error and the speed that it has, and all else that it goes on from after a stop."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qaadcodec.archive.coding.grids import Grids
from qaadcodec.arrays import Numbers
from qaadcodec.config import Plan
from qaadcodec.progress import Clock, Phase, now
from qaadcodec.training.backend import Steps
from qaadcodec.training.course import Course
from qaadcodec.training.learner import Learner
from qaadcodec.training.passes import Passes
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.quantise.size_control import SizeControl
from qaadcodec.training.remembered import learnt, together
from qaadcodec.work.state import State

REPORT_SECONDS = 0.25
FEWEST = 4  # steps that the error that is told is a mean of


@dataclass(slots=True)
class Standing:
    """What the loop knows besides learner and steps.

    Attributes:
        clock: how much of the training is over.
        passes: over the set, and the generator of the training.
        meter: of the error.
        control: of the size; None where nobody asks for it.
        rounding: since there are grids.
    """

    clock: Clock
    passes: Passes
    meter: Meter
    control: SizeControl | None = None
    rounding: Rounding | None = None

    @property
    def wants_glance(self) -> bool:
        """Whether it is time to look at the size, where nothing depends on it."""
        return self.control is not None and self.rounding is not None and self.control.wants_glance

    def state(self, learner: Learner, steps: Steps, plan: Plan) -> State:
        """The part of a checkpoint that a training is; waits until the targets are at rest."""
        memory = together(learner=learnt(learner), steps=steps.memory())
        grids = learner.grids
        numbers: dict[str, Any] = {
            "plan": plan.to_dict(),
            "epochs": learner.epochs,
            "passes": self.passes.numbers(),
            "meter": self.meter.numbers(),
            "control": self.control.numbers() if self.control else None,
            "grids": None if grids is None else numbers_of(grids),
            "price": self.rounding.price if self.rounding else None,
            **spent(self.clock),
        }
        return memory.state(numbers, self.passes.arrays() | self.meter.arrays(), {"targets": steps.targets()})

    def go_on(self, state: State, learner: Learner, steps: Steps) -> None:
        """Take up a training where it was left. Its targets are in the store already.

        Raises:
            EnvironmentFailure: the checkpoint is damaged.
        """
        together(learner=learnt(learner)).recall(state)
        steps.go_on(state)
        with state.going_on() as found:
            numbers = found.numbers
            take_up(self.clock, numbers)
            learner.epochs = int(numbers["epochs"])
            self.passes.go_on(State(numbers["passes"], found.shared, origin=found.origin))
            self.meter.go_on(State(numbers["meter"], found.shared, origin=found.origin))
            if self.control is not None:
                self.control.go_on(State(numbers["control"], origin=found.origin))
            if numbers["grids"] is not None:
                learner.grids = grids_of(numbers["grids"])
                self.rounding = Rounding(learner, learner.grids, float(numbers["price"]))
                steps.round_to(self.rounding)


def spent(clock: Clock) -> dict[str, Any]:
    """How much of its work a clock has seen, for a checkpoint."""
    return {"done": clock.done, "units": clock.units, "seconds": clock.seconds}


def take_up(clock: Clock, numbers: Any) -> None:
    """Let a clock go on where it was left; a budget that it has is the time that is left."""
    seconds, done, units = float(numbers["seconds"]), int(numbers["done"]), int(numbers["units"])
    if units < 1:
        raise ValueError(f"a clock of {units} units")
    # Other numbers of processes may take other numbers of steps.
    clock.done = done if units == clock.units else min(clock.units, -(-done * clock.units // units))
    clock.started = now() - seconds
    if clock.budget_seconds is not None:
        clock.budget_seconds += seconds


def numbers_of(grids: Grids) -> dict[str, Any]:
    """Grids, for a checkpoint."""
    return {"weights": dict(grids.weights), "latents": grids.latents.tolist(), "input_cloud": grids.input_cloud}


def grids_of(numbers: Any) -> Grids:
    """The grids that `numbers_of` made these of."""
    return Grids(
        weights={name: float(grid) for name, grid in numbers["weights"].items()},
        latents=np.array(numbers["latents"], np.float32),
        input_cloud=float(numbers["input_cloud"]),
    )


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

    def numbers(self) -> dict[str, Any]:
        """For a checkpoint."""
        error = self.error  # takes in what has not been looked at
        return {"error": error if self._error is not None else None, "points": self._points}

    def arrays(self) -> dict[str, Numbers]:
        """For a checkpoint: the losses of the last pass, and the course of the error so far."""
        reports = np.array(self.course.reports, np.float64).reshape(-1, 2)
        return {"losses": np.array(self._pass, np.float64), "course": reports}

    def go_on(self, state: State) -> None:
        """Go on from a checkpoint that `numbers` and `arrays` are part of."""
        with state.going_on() as found:
            error = found.numbers["error"]
            self._error, self._points = None if error is None else float(error), int(found.numbers["points"])
            self._pass.extend(found.shared["losses"].tolist())
            self.course.reports.extend((share, loss) for share, loss in found.shared["course"].tolist())

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
