"""One sentence for how far a phase has got: what the live display and the plain lines both say."""

from __future__ import annotations

from qaadcodec.progress import PhaseStarted, Progress
from qaadcodec.report.text import duration, grouped, percent, throughput


def amount(phase: PhaseStarted, done: int) -> str:
    """`120/400 epochs`, or `120 epochs` where the total is not known."""
    total = "" if phase.total is None else f"/{grouped(phase.total)}"
    unit = phase.unit.removesuffix("s") if (phase.total or done) == 1 else phase.unit
    return f"{grouped(done)}{total} {unit}"


def standing(phase: PhaseStarted, progress: Progress) -> str:
    """`120/400 epochs, error 0.31 %, 1.2 M points/s, 3 min 10 s left`, with what is known of it."""
    parts = [amount(phase, progress.done)]
    if progress.matched_error is not None:
        parts.append(f"error {percent(progress.matched_error)}")
    if progress.throughput is not None:
        parts.append(throughput(progress.throughput))
    if progress.eta_seconds is not None:
        parts.append(f"{duration(progress.eta_seconds)} left")
    return ", ".join(parts)
