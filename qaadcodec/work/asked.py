"""What the user asks of the work folder of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qaadcodec.config.checks import require


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Whether and where an unfinished run keeps what it can go on from.

    Attributes:
        keep: whether it does. A run of less than a minute keeps nothing in any case.
        folder: where; hidden beside the output when None.
        resume: go on from what is kept there, if anything is.
        every: seconds between two checkpoints; EVERY when None, or more where writing one takes long.

    Raises:
        UsageError: a value is out of range, or there is nothing to resume from.
    """

    keep: bool = True
    folder: Path | None = None
    resume: bool = False
    every: float | None = None

    def __post_init__(self) -> None:
        require(self.every is None or self.every > 0, "time between checkpoints", self.every, "above 0 seconds")
        require(self.keep or not self.resume, "resume", self.resume, "left out where nothing is kept")
