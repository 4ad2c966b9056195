"""A run that is to go on, and whose archive is there already: whether it is whole, so that nothing is left to do.

A script that always says --resume is started again after the run was done, too. What is told of an archive that the run
itself has noted is certain; of any other one, what can be seen in it without reading a cloud: how it was learnt, and
the names of its clouds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from qaadcodec.archive import ArchiveReader
from qaadcodec.errors import ArchiveError, EnvironmentFailure
from qaadcodec.progress import Run
from qaadcodec.work.session import LeftOutput, left_output, over

T = TypeVar("T")


def is_there(target: Path | None, overwrite: bool, run: Run) -> bool:
    """Whether a run that is to go on finds a file in the place of its output, and was not told to replace it."""
    return run.work.resume and not overwrite and target is not None and os.path.lexists(target)


def already(
    target: Path | None, run: Run, differs: Callable[[ArchiveReader], str | None], told: Callable[[ArchiveReader], T]
) -> T | None:
    """What is told of an archive that is there already; None where the run goes on, and will replace it.

    Args:
        target: where it is.
        differs: says what in it is not as the run would have made it, as the rest of a sentence; None if nothing is.
        told: what is returned of one that is whole.

    Raises:
        EnvironmentFailure: it is not the archive of this run; the message says what speaks against that.
    """
    assert target is not None
    left = left_output(target, run.work)
    if left is LeftOutput.PART:
        return None
    if left is LeftOutput.OTHER:
        raise refused(target, "and is not what the unfinished run has written")
    try:
        with ArchiveReader(target) as reader:
            for section in reader.sections:
                reader.raw_section(section)
            if left is LeftOutput.UNKNOWN and (why := differs(reader)) is not None:
                raise refused(target, why)
            found = told(reader)
    except ArchiveError as error:
        raise refused(target, f"and is no whole archive: {str(error).removeprefix(f'{target}: ')}") from error
    over(target, run.work)
    run.note(f"{target} is there already, and whole: nothing is left to do; -f makes it anew")
    return found


def refused(target: Path, why: str) -> EnvironmentFailure:
    """What is said of an archive that this run neither wrote nor may replace."""
    return EnvironmentFailure(f"{target} exists already, {why}", hint="-f overwrites it; or name another output")


def other_names(has: Sequence[str], wanted: Sequence[str], *, skip_bad: bool) -> str | None:
    """What is told where an archive has clouds of other names than the inputs; some may be left out with `skip_bad`."""
    here, there = set(has), set(wanted)
    if more := [name for name in has if name not in there]:
        return f"and holds clouds that the inputs do not have, such as {more[0]}"
    if (missing := [name for name in wanted if name not in here]) and not skip_bad:
        return f"and lacks clouds of the inputs, such as {missing[0]}"
    return None
