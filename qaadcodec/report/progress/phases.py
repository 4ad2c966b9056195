"""What is said of the whole run and of the present phase, in words: by the live display and by the plain lines."""

from __future__ import annotations

from qaadcodec.progress import PhaseStarted, Progress
from qaadcodec.report.progress.whole_run import Standing
from qaadcodec.report.text import count_of, duration, grouped, percent, throughput

UNITS_OFF = 1.5  # more units than that behind the share that is over: the clock will end the phase, not their count


def amount(phase: PhaseStarted, done: int, fraction: float = 0.0) -> str:
    """`120/400 epochs`; `120 epochs` where the total is not known, or will not be reached; nothing without units."""
    if phase.total is None and not phase.unit:
        return ""
    unreachable = phase.at_most and phase.total is not None and fraction * phase.total - done > UNITS_OFF
    total = "" if phase.total is None or unreachable else f"/{grouped(phase.total)}"
    one = done if not total else phase.total
    return f"{grouped(done)}{total} {phase.unit.removesuffix('s') if one == 1 else phase.unit}"


def amount_of_all(phase: PhaseStarted) -> str:
    """`400 epochs`: all that the phase has to do; `up to 400 epochs` where its time may end before."""
    if phase.total is None:
        return ""
    return f"{'up to ' if phase.at_most else ''}{count_of(phase.total, phase.unit.removesuffix('s'))}"


def parts_of(phase: PhaseStarted, progress: Progress, trend: str | None = None) -> list[str]:
    """What is known of a phase, the most telling first.

    `108 epochs`, `matched error 0.31 %, falling`, `60 840 bytes so far`, `1.2 M points/s`.
    """
    parts = [amount(phase, progress.done, progress.fraction)]
    if progress.matched_error is not None:
        parts.append(f"matched error {percent(progress.matched_error)}{f', {trend}' if trend else ''}")
    if progress.archive_bytes is not None:
        parts.append(f"{grouped(progress.archive_bytes)} bytes so far")
    if progress.throughput is not None:
        parts.append(throughput(progress.throughput))
    return [part for part in parts if part]


def share_of(standing: Standing) -> str | None:
    """`37 %`."""
    return None if standing.share is None else f"{int(100 * standing.share)} %"


def time_left(standing: Standing) -> str | None:
    """`1 min 12 s left`, `about 12 min 00 s left`, `up to …`, or how far the run is behind its deadline."""
    left = standing.seconds_left
    if left is None:
        return None
    if left < 0:
        return f"{duration(-left)} over the budget"
    about = "up to " if standing.at_most else "about " if standing.roughly else ""
    return f"{about}{duration(left)} left"
