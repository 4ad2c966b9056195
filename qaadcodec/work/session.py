"""The work folder over a whole run: found or refused at the start, kept when the run breaks off, gone at its end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from qaadcodec.errors import EnvironmentFailure, UsageError
from qaadcodec.files import hidden_beside
from qaadcodec.ranks.ranks import ALONE, Ranks
from qaadcodec.version import __version__
from qaadcodec.work.asked import Work
from qaadcodec.work.checkpoints import Checkpoints
from qaadcodec.work.folder import WorkFolder
from qaadcodec.work.identity import check_options
from qaadcodec.work.manifest import NAME, Manifest

SUFFIX = ".work"


def work_folder(target: Path | None, asked: Work) -> Path | None:
    """Where the work folder of an output is; None where there is none.

    Args:
        target: the output, or None if it is a pipe or a device: nothing can be hidden beside that.
    """
    if not asked.keep:
        return None
    return asked.folder or (None if target is None else hidden_beside(target, SUFFIX))


class LeftOutput(Enum):
    """What the file is that lies where a run that is to be resumed writes its output."""

    WHOLE = "what it wrote at its end: it was killed just before the work folder was gone"
    PART = "what it wrote when it was told to end: there is more to do"
    OTHER = "something else, though the run has a checkpoint"
    UNKNOWN = "nobody knows: there is no checkpoint"


def left_output(target: Path, asked: Work) -> LeftOutput:
    """What the output of a run is that is there already.

    Raises:
        EnvironmentFailure: the work folder cannot be read.
    """
    path = work_folder(target, asked)
    if path is None or not (folder := WorkFolder(path)).check():
        return LeftOutput.UNKNOWN
    if (whole := folder.has_written(target)) is not None:
        return LeftOutput.WHOLE if whole else LeftOutput.PART
    return LeftOutput.OTHER if (path / NAME).exists() else LeftOutput.UNKNOWN


def over(target: Path, asked: Work) -> None:
    """Delete what is left of the work folder of a run whose output is whole; EnvironmentFailure where it is in use."""
    path = work_folder(target, asked)
    if path is not None and (folder := WorkFolder(path)).check():
        folder.open()
        folder.delete()
        folder.close(done=True)


@contextlib.contextmanager
def checkpointing(
    target: Path | None, asked: Work, options: Mapping[str, Any], tell: Callable[[str], None], ranks: Ranks = ALONE
) -> Iterator[Checkpoints]:
    """The checkpoints of a run, for the block that does its work.

    When the block ends, the work folder goes, unless its checkpoint is to stay. When it breaks off, the folder stays if
    there is a checkpoint in it.

    Args:
        target: the output; None where it is a pipe or a device.
        options: all that decides what comes out, by name, in values that JSON knows.
        tell: hears where the work stays, and what else a person should know.
        ranks: which share the run. The first one claims the folder; all have to see it.

    Raises:
        EnvironmentFailure: the folder keeps an unfinished run that is not to be resumed, is in use, or cannot be read.
        UsageError: the run to be resumed was begun with other options, or by another version.
    """
    path = work_folder(target, asked)
    if path is None:
        yield Checkpoints()
        return
    folder, done = WorkFolder(path, named=asked.folder is not None), False
    try:
        found = ranks.decided(lambda: _found(folder, asked, options, tell))
        checkpoints = Checkpoints(folder, options, asked.every, found, tell, ranks)
        try:
            yield checkpoints
        except BaseException:
            if checkpoints.any:
                tell(f"the last checkpoint is in {path}; the same command with --resume goes on from it")
            raise
        if checkpoints.staying:
            tell(f"the last checkpoint stays in {path}; the same command with --resume goes on from it")
        elif ranks.rank == 0:
            folder.delete()
            done = True
    finally:
        folder.close(done=done)


def _found(folder: WorkFolder, asked: Work, options: Mapping[str, Any], tell: Callable[[str], None]) -> Manifest | None:
    """The checkpoint to go on from; None for a new run. The folder is open if it is there, or was asked for."""
    found = None
    if folder.check():
        folder.open()
        found = folder.manifest()
    elif asked.folder is not None:
        folder.open()
    if found is None:
        folder.delete()
        if asked.resume:
            tell(f"there is no checkpoint in {folder.path}: the run starts from the beginning")
        return None
    if not asked.resume:
        raise EnvironmentFailure(
            f"{folder.path} keeps an unfinished run ({found.stage}, after {round(found.seconds)} s)",
            hint="--resume goes on with it; delete the folder to start again",
        )
    if found.version != __version__:
        raise UsageError(
            f"the run that {folder.path} keeps was begun by qaad {found.version}, and this is {__version__}",
            hint="go on with that version, or delete the folder and start again without --resume",
        )
    check_options(found.options, options, str(folder.path))
    tell(f"going on from the checkpoint in {folder.path}: {found.stage}, after {round(found.seconds)} s")
    return found
