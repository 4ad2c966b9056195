"""Reaching an error: a set learnt at growing qualities until it is reached."""

from __future__ import annotations

import time
from dataclasses import replace

from qaadcodec.archive.sections.weights import MAX_NUMBERS
from qaadcodec.config import CompressConfig, SizeConfig
from qaadcodec.config.network import parameters
from qaadcodec.config.sizing import sized
from qaadcodec.progress import Listener, Notice, StopRequest
from qaadcodec.sets.gather import Gathered
from qaadcodec.training.finish import Learned
from qaadcodec.training.learn import learn

QUALITIES = (20.0, 45.0, 70.0, 100.0)  # a file about twice as large each


def learn_as_asked(
    gathered: Gathered,
    config: CompressConfig,
    device: str,
    deadline: float | None,
    on_event: Listener,
    stop: StopRequest | None,
) -> tuple[Learned, CompressConfig]:
    """Learn the set at the quality or the size that is asked for, or at growing qualities to an error.

    Args:
        config: with M filled in.
        deadline: time.monotonic() at which everything should be over; with an error to reach, each quality gets its
            share of what is left.

    Returns:
        What was learnt, and the configuration that it was learnt with.
    """
    clouds, points, _ = gathered.store.points.shape
    if config.size.error is None:
        config = codable(sized(config, clouds, points), clouds, on_event)
        return learn(gathered, config, device, deadline, on_event, stop), config
    metric, wanted = config.size.metric, config.size.error
    best: tuple[Learned, CompressConfig] | None = None
    for turn, quality in enumerate(QUALITIES):
        size = SizeConfig(quality=quality, given=config.size.given)
        here = codable(sized(replace(config, size=size), clouds, points), clouds, on_event)
        share = None if deadline is None else (deadline - time.monotonic()) / (len(QUALITIES) - turn)
        until = None if share is None else time.monotonic() + share
        budget = None if share is None else max(share, 1e-3)
        learned = learn(gathered, replace(here, budget_seconds=budget), device, until, on_event, stop)
        reached = getattr(learned.error, metric)
        if best is None or reached < getattr(best[0].error, metric):
            best = learned, here
        what = f"quality {quality:g}: {metric} {reached:.4g}, {wanted:g} is wanted"
        late = deadline is not None and time.monotonic() >= deadline
        if reached <= wanted:
            break
        if turn + 1 == len(QUALITIES) or bool(stop) or late:
            on_event(Notice(f"{what}; it was not reached", warning=True))
            break
        on_event(Notice(f"{what}: going on"))
    assert best is not None
    return best


def codable(config: CompressConfig, clouds: int, on_event: Listener) -> CompressConfig:
    """The configuration, with uniform numbers where there are more than the archive codes by entropy."""
    most = max(clouds * config.network.latent_size, parameters(config.network))
    if config.coding.numbers != "entropy" or most <= MAX_NUMBERS:
        return config
    on_event(Notice(f"{most} numbers of one kind: more than {MAX_NUMBERS} are not entropy-coded", warning=True))
    return replace(config, coding=replace(config.coding, numbers="uniform"), size=replace(config.size, bytes=None))
