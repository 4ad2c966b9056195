"""Reaching an error: a set learnt at growing qualities until it is reached."""

from __future__ import annotations

from dataclasses import replace

from qaadcodec.config import Request, plan
from qaadcodec.progress import Run
from qaadcodec.sets.gather import Gathered
from qaadcodec.training.finish import Learned
from qaadcodec.training.learn import learn
from qaadcodec.training.registration.register import Registered, register

QUALITIES = (20.0, 45.0, 70.0, 100.0)  # a file about twice as large each


def search(gathered: Gathered, request: Request, run: Run) -> Learned:
    """Learn the set at growing qualities until the request's error is reached, or no quality or time is left.

    Each quality gets its share of the time that is left.

    Returns:
        The first that reached the error, else the best.
    """
    clouds, points, _ = gathered.store.points.shape
    first = plan(request.at(QUALITIES[0]), clouds, points)
    if first.assignment.registration:  # it does not depend on the quality
        with register(gathered.store, first, run) as registered:
            return search_from(registered, gathered, request, run)
    return search_from(None, gathered, request, run)


def search_from(registered: Registered | None, gathered: Gathered, request: Request, run: Run) -> Learned:
    """`search` with the registration of the set, if its plans have one."""
    size = request.recipe().size
    metric, wanted = size.metric, size.error
    assert wanted is not None
    clouds, points, _ = gathered.store.points.shape
    best: Learned | None = None
    for turn, quality in enumerate(QUALITIES):
        share = run.share(1.0 / (len(QUALITIES) - turn))
        made = plan(request.at(quality), clouds, points)
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
