"""A result that cannot be written where it should be is saved elsewhere, and it is said where."""

from __future__ import annotations

import contextlib
import os
import shlex
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.files import atomic_output, failure
from qaadcodec.remote.urls import Location, is_url


def write_or_rescue(write: Callable[[BinaryIO], int], target: Location, overwrite: bool, work: Path | None) -> int:
    """Write an archive; where that fails, write it to the work folder, the temporary folder or the home folder.

    Args:
        write: writes it to a stream, and returns the bytes.
        target, overwrite: as for `atomic_output`.
        work: the work folder; None where there is none.

    Raises:
        EnvironmentFailure: it is not at `target`; the message says why, and where it is instead.
    """
    try:
        with atomic_output(target, overwrite) as stream:
            return write(stream)
    except (EnvironmentFailure, BrokenPipeError) as error:
        saved = _saved(write, work)
        if saved is None:
            raise
        why = failure(target, error) if isinstance(error, BrokenPipeError) else error
        raise EnvironmentFailure(
            f"{why}; what was learnt is saved as {saved}", hint=_what_to_do(saved, target, overwrite)
        ) from error


def _what_to_do(saved: Path, target: Location, overwrite: bool) -> str:
    """How it comes to its target without the loss of anything that is there."""
    if is_url(target):
        return "copy it to where it should be"
    if os.path.isfile(target) and not overwrite:  # which may have come there meanwhile
        return f"it can be moved to a name that is free; {target} is as it was"
    there = shlex.join([str(saved), str(target)])
    if os.path.exists(target):  # a device or a pipe, whose name moving would take away
        return f"copy it to where it should be: cp {there}"
    return f"move it to where it should be: mv {there}"


def _saved(write: Callable[[BinaryIO], int], work: Path | None) -> Path | None:
    """Where it could be written instead; None if nowhere."""
    folders = [work, Path(tempfile.gettempdir())]
    with contextlib.suppress(RuntimeError):  # there may be no home
        folders.append(Path.home())
    name = f"rescued-{os.urandom(4).hex()}.qaad"
    for folder in folders:
        if folder is None:
            continue
        with contextlib.suppress(EnvironmentFailure):
            with atomic_output(folder / name, overwrite=False) as stream:
                write(stream)
            return folder / name
    return None
