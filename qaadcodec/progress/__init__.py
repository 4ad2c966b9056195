"""What long work says about itself, and what travels with it: events, the clock, the request to stop, the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qaadcodec.lazy import index

if TYPE_CHECKING:
    from qaadcodec.progress.events import (
        Event,
        Finished,
        Listener,
        Notice,
        Outlook,
        PhaseEnded,
        PhaseStarted,
        Planned,
        Progress,
        ignore,
    )
    from qaadcodec.progress.run import LEAST_SECONDS, Clock, Phase, Run, now
    from qaadcodec.progress.stopping import StopRequest

__all__ = [
    "LEAST_SECONDS",
    "Clock",
    "Event",
    "Finished",
    "Listener",
    "Notice",
    "Outlook",
    "Phase",
    "PhaseEnded",
    "PhaseStarted",
    "Planned",
    "Progress",
    "Run",
    "StopRequest",
    "ignore",
    "now",
]

index(
    __name__,
    {
        "LEAST_SECONDS": "run",
        "Clock": "run",
        "Event": "events",
        "Finished": "events",
        "Listener": "events",
        "Notice": "events",
        "Outlook": "events",
        "Phase": "run",
        "PhaseEnded": "events",
        "PhaseStarted": "events",
        "Planned": "events",
        "Progress": "events",
        "Run": "run",
        "StopRequest": "stopping",
        "ignore": "events",
        "now": "run",
    },
)
