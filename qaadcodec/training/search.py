"""Reaching an error: a set learnt at growing qualities until it is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from qaadcodec.archive import Encoded
from qaadcodec.config import Plan, Request, plan
from qaadcodec.metrics.sampled import SampledError
from qaadcodec.progress import Run
from qaadcodec.sets.gather import Gathered
from qaadcodec.training.backend import choose_device
from qaadcodec.training.course import Course
from qaadcodec.training.expected import expected_phases, still_to_come
from qaadcodec.training.finish import Learned
from qaadcodec.training.learn import learn
from qaadcodec.training.likeness import Likeness
from qaadcodec.training.registration.register import Registered, register
from qaadcodec.work.state import State

STAGE = "search"  # what a checkpoint calls it
QUALITIES = (20.0, 45.0, 70.0, 100.0)  # a file about twice as large each


def search(gathered: Gathered, request: Request, run: Run, apart: float | None = None) -> Learned:
    """Learn the set at growing qualities until the request's error is reached, or no quality or time is left.

    Each quality gets its share of the time that is left.

    Args:
        apart: how far apart the clouds lie, for the plans.

    Returns:
        The first that reached the error, else the best.
    """
    clouds, points = gathered.store.part.total, gathered.store.points.shape[1]
    plans = [plan(request.at(quality), clouds, points, apart) for quality in QUALITIES]
    device = choose_device(run.device).type
    phases = [expected_phases(made, clouds, points, device) for made in plans]
    if plans[0].assignment.registration:
        phases[1:] = [expected[-2:] for expected in phases[1:]]
    begin = Turn.left(run.checkpoints.take(STAGE), plans)
    phases[: begin.turn + 1] = [still_to_come(phases[begin.turn], run.checkpoints)]
    run.expect(*(phase for expected in phases for phase in expected), at_most=True)
    aim = Aim(plans, request)
    if plans[0].assignment.registration:  # it does not depend on the quality
        with register(gathered.store, plans[0], run) as registered:
            return search_from(begin, aim, gathered, run, registered)
    return search_from(begin, aim, gathered, run)


class Aim(NamedTuple):
    """What is looked for: by these plans, one for each of QUALITIES, the error of this request."""

    plans: Sequence[Plan]
    request: Request


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a search is.

    Attributes:
        turn: the place of the next quality in QUALITIES.
        best: the best that came of those before; None where there is none.
        of: the place of the quality that it came of.
    """

    turn: int = 0
    best: Learned | None = None
    of: int = 0

    def state(self) -> State:
        """For a checkpoint."""
        numbers = {"turn": self.turn, "of": self.of}
        if (best := self.best) is None:
            return State(numbers)
        error, like = best.error, best.likeness
        shared = {
            "archive": np.frombuffer(bytes(best.encoded), np.uint8),
            "error": np.array([error.em_kd, error.n_em_kd, error.sample]),
            "own": like.own,
            "mean": like.mean,
            "course": np.array(best.course.reports, np.float64).reshape(-1, 2),
        }
        return State(numbers, shared)

    @classmethod
    def left(cls, state: State | None, plans: Sequence[Plan]) -> Turn:
        """Where the search in a checkpoint was; its beginning where there is none."""
        if state is None:
            return cls()
        with state.going_on() as found:
            turn, of, shared = int(found.numbers["turn"]), int(found.numbers["of"]), found.shared
            made, _ = plans[of], plans[turn]
            best = None
            if "archive" in shared:
                em_kd, n_em_kd, sample = shared["error"].tolist()
                best = Learned(
                    plan=made,
                    encoded=Encoded.of_bytes(shared["archive"].tobytes()),
                    error=SampledError(em_kd, n_em_kd, int(sample)),
                    likeness=Likeness(shared["own"], shared["mean"]),
                    course=Course([(share, error) for share, error in shared["course"].tolist()]),
                )
        return cls(turn, best, of)


def search_from(begin: Turn, aim: Aim, gathered: Gathered, run: Run, registered: Registered | None = None) -> Learned:
    """`search` from a turn on, with the registration of the set if its plans have one."""
    size = aim.request.recipe().size
    metric, wanted = size.metric, size.error
    assert wanted is not None
    best, of = begin.best, begin.of
    for turn in range(begin.turn, len(QUALITIES)):
        quality, made = QUALITIES[turn], aim.plans[turn]
        run.checkpoints.keep(STAGE, Turn(turn, best, of).state())
        share = run.share(1.0 / (len(QUALITIES) - turn))
        if turn > 0:
            made = replace(made, notes=())  # they are the same at every quality, and have been told
        learned = learn(gathered, made, run.within(share), registered)
        reached = getattr(learned.error, metric)
        if best is None or reached < getattr(best.error, metric):
            best, of = learned, turn
        if reached <= wanted:
            break
        what = f"quality {quality:g}: {metric} {reached:.4g}, {wanted:g} is wanted"
        if run.ranks.decided(lambda: bool(turn + 1 == len(QUALITIES) or run.stop or run.is_late)):  # noqa: B023
            run.warn(f"{what}; it was not reached")
            break
        run.note(f"{what}: going on")
    assert best is not None
    return best
