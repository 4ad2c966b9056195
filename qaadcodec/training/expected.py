"""How long the phases of a training should take: the time left before a phase has a pace of its own."""

from __future__ import annotations

from typing import TypeAlias

from qaadcodec.config import Plan, TrainingConfig
from qaadcodec.metrics.sampled import SAMPLE
from qaadcodec.parallel import cores
from qaadcodec.work.checkpoints import Checkpoints

Phases: TypeAlias = tuple[tuple[str, float | None], ...]

# Measured on two cores of an AMD EPYC (tests/bench/README.md). Networks of other sizes are up to twice as slow or fast.
TRAINED = 300e3  # points that go through whole training steps, per second
MATCHED = 240e3  # points whose Greedy or EM-kD is found, per second and core
# By the time that the CPU was busy with 4 bodies of 2048 and of 8192 points:
COARSE = 240.0  # steps of the coarse network, per second; they take one core
PLACED = 20e3  # points that are registered once it is learnt, per second and core
MEASURED_ON = 2  # cores


def expected_phases(plan: Plan, clouds: int, points: int, device: str) -> Phases:
    """Name of each phase of `learn` in order, and the seconds that it should take; None where that was not measured.

    Args:
        clouds, points: N and M.
        device: what it is learnt on. Only for the CPU there are measurements.
    """
    training = plan.training
    shown = clouds * min(training.points_per_step, points)
    epoch = shown / TRAINED * MEASURED_ON / cores() if device == "cpu" else None
    begin: Phases = (("assigning", clouds * points / MATCHED / cores()),)
    if plan.assignment.registration:
        begin = registering(training, clouds, points)
    elif training.warmup_epochs:
        begin = (("warming up", None), *begin)
    return (*begin, ("training", None if epoch is None else training.epochs * epoch), measuring(clouds, points))


def still_to_come(phases: Phases, checkpoints: Checkpoints) -> Phases:
    """Those of the phases that are not over in the checkpoint that a run goes on from."""
    for i, (name, _) in enumerate(phases):
        if checkpoints.has(name):
            return phases[i:]
    return phases


def expected_fitting(clouds: int, points: int) -> Phases:
    """The same of fitting that many new clouds to an archive."""
    return ("fitting", None), measuring(clouds, points)


def registering(training: TrainingConfig, clouds: int, points: int) -> tuple[tuple[str, float], ...]:
    """The phases of a registration."""
    from qaadcodec.training.registration.coarse import steps_for  # it imports torch, which has been loaded by now

    coarse = steps_for(clouds, training) / COARSE
    return ("finding parts", coarse), ("registering", clouds * points / PLACED / cores())


def measuring(clouds: int, points: int) -> tuple[str, float]:
    """The phase that measures the error of a sample of clouds."""
    return "measuring", min(SAMPLE, clouds) * points / MATCHED
