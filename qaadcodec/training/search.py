"""Reaching an error: a set learnt at growing qualities until it is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qaadcodec.config import Plan, Request, plan
from qaadcodec.progress import Run
from qaadcodec.sets.gather import Gathered
from qaadcodec.training.backend import choose_device
from qaadcodec.training.expected import expected_phases
from qaadcodec.training.finish import Learned
from qaadcodec.training.learn import learn
from qaadcodec.training.registration.register import Registered, register

QUALITIES = (20.0, 45.0, 70.0, 100.0)  # a file about twice as large each


def search(gathered: Gathered, request: Request, run: Run, apart: float | None = None) -> Learned:
    """Learn the set at growing qualities until the request's error is reached, or no quality or time is left.

    Each quality gets its share of the time that is left.

    Args:
        apart: how far apart the clouds lie, for the plans.

    Returns:
        The first that reached the error, else the best.
    """
    clouds, points, _ = gathered.store.points.shape
    plans = [plan(request.at(quality), clouds, points, apart) for quality in QUALITIES]
    device = choose_device(run.device).type
    phases = [expected_phases(made, clouds, points, device) for made in plans]
    if plans[0].assignment.registration:
        phases[1:] = [expected[-2:] for expected in phases[1:]]
    run.expect(*(phase for expected in phases for phase in expected), at_most=True)
    if plans[0].assignment.registration:  # it does not depend on the quality
        with register(gathered.store, plans[0], run) as registered:
            return search_from(registered, plans, gathered, request, run)
    return search_from(None, plans, gathered, request, run)


def search_from(
    registered: Registered | None, plans: Sequence[Plan], gathered: Gathered, request: Request, run: Run
) -> Learned:
    """`search` by these plans, one for each of QUALITIES, with the registration of the set if they have one."""
    size = request.recipe().size
    metric, wanted = size.metric, size.error
    assert wanted is not None
    best: Learned | None = None
    for turn, (quality, made) in enumerate(zip(QUALITIES, plans, strict=True)):
        share = run.share(1.0 / (len(QUALITIES) - turn))
        if best is not None:
            made = replace(made, notes=())  # they are the same at every quality, and have been told
        learned = learn(gathered, made, run.within(share), registered)
        reached = getattr(learned.error, metric)
        if best is None or reached < getattr(best.error, metric):
            best = learned
        if reached <= wanted:
            break
        what = f"quality {quality:g}: {metric} {reached:.4g}, {wanted:g} is wanted"
        if turn + 1 == len(QUALITIES) or run.stop or run.is_late:
            run.warn(f"{what}; it was not reached")
            break
        run.note(f"{what}: going on")
    assert best is not None
    return best
