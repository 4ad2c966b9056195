"""What long work says about itself, and what travels with it: events, the clock, the request to stop, the run."""

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
from qaadcodec.progress.run import LEAST_SECONDS, Clock, Phase, Run, StopRequest, now

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
