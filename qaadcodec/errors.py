"""What can go wrong, as one exception per kind; each kind has one exit code of the command line."""

from __future__ import annotations


class QaadError(Exception):
    """A failure that a person can act on.

    The message names the file, the place in it and the numbers, in lower case and without a full stop; the hint says
    what to do. The command line prints both and leaves with `exit_code`; nothing else ever reaches a user.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class EnvironmentFailure(QaadError):
    """The machine is in the way: no space, no permission, a missing archive, an output that exists already."""

    exit_code = 1


class UsageError(QaadError, ValueError):
    """An argument cannot be used: out of range, unknown, or at odds with another one."""

    exit_code = 2


class CloudError(QaadError, ValueError):
    """A cloud is missing, empty, truncated or unusable: which file, where in it, what to do."""

    exit_code = 3


class ArchiveError(QaadError, ValueError):
    """An archive is damaged, truncated, or of a version that this reader does not know."""

    exit_code = 4


class ThresholdMissed(QaadError):
    """A measured error is above the limit that was asked for (`eval --fail-above`), or a result is of little use
    (`--strict`). What was written stays.
    """

    exit_code = 5


class Interrupted(QaadError):
    """The work was stopped on request before there was anything to write."""

    exit_code = 130


class SlowerWarning(RuntimeWarning):
    """Something goes a slower way on this machine, to the same result. The command line says so in its own voice."""
