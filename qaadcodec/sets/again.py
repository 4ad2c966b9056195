"""Clouds are read again after the first look: one that is not what it was then is found, and left out or an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from qaadcodec.clouds import PointCloud
from qaadcodec.errors import CloudError
from qaadcodec.progress import Run
from qaadcodec.sets.survey import Survey, check_not_stopped, checksum, usable

T = TypeVar("T")


class ChangedError(CloudError):
    """A cloud is not what it was at the first look, in whatever way.

    Attributes:
        cloud: its place in the survey.
    """

    def __init__(self, message: str, cloud: int, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.cloud = cloud


def read_again(found: Survey, cloud: int) -> PointCloud:
    """A surveyed cloud, whose points are those that were surveyed.

    Boxes, poses and the number of points were taken from what the file held then. A checksum tells: times and sizes of
    files may stay as they are when the points change, and change when they do not.

    Raises:
        ChangedError: it has other points, or cannot be used any more.
    """
    source, why = found.sources[cloud], "its points are not what they were"
    try:
        again = usable(source)
        if checksum(again.points) == found.checksums[cloud]:
            return again
        if len(again) != found.counts[cloud]:
            why = f"it had {found.counts[cloud]} points, and has {len(again)}"
    except CloudError as error:
        why = str(error).removeprefix(f"{source.path}: ")
    raise ChangedError(
        f"{source.path}: has changed since the first look: {why}",
        cloud,
        hint="let nothing write to the inputs meanwhile" + ("; --skip-bad leaves it out" if len(found) > 1 else ""),
    )


def unchanged(found: Survey, work: Callable[[], T], run: Run, *, skip_bad: bool) -> T:
    """What `work` makes of the surveyed clouds by reading them again.

    Args:
        work: uses `read_again`; it is begun anew without the clouds that have changed.
        skip_bad: leave such clouds out of the survey, and say so.

    Raises:
        ChangedError: a cloud has changed (without `skip_bad`); CloudError: none is left; Interrupted: stopped.
    """
    while True:
        try:
            return work()
        except ChangedError as error:
            if not skip_bad:
                raise
            _leave_out_changed(found, error, run)


def _leave_out_changed(found: Survey, first: ChangedError, run: Run) -> None:
    """Take every cloud that has changed by now out of the survey; work that starts over should do so once."""
    changed = {first.cloud: str(first)}
    with run.phase("reading again", len(found), "clouds") as phase:
        for i in range(len(found)):
            check_not_stopped(run)
            try:
                read_again(found, i)
            except ChangedError as error:
                changed.setdefault(i, str(error))
            phase.advance()
    for why in changed.values():
        run.warn(f"skipped {why}")
    found.leave_out(changed)
    if not len(found):
        raise CloudError(f"all of {len(changed)} clouds have changed since the first look", hint=first.hint)
