"""What `qaad eval` is given: an archive and its originals, or two clouds."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from qaadcodec.errors import UsageError
from qaadcodec.remote.urls import Location, is_url, path_of

SUFFIX = ".qaad"


def is_archive(path: str) -> bool:
    """Whether a path is meant as an archive: by its suffix, or by the first bytes of a file. At a URL, by its suffix.

    A pipe of another name is taken for a cloud: its first bytes can be read only once, by the reader of the cloud.
    """
    if (path_of(path) if is_url(path) else Path(path)).suffix.lower() == SUFFIX:
        return True
    from qaadcodec.archive.byte_source import MAGIC

    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def hint_at_pipe(path: str) -> str | None:
    """A hint where a pipe is taken for a cloud and may be meant as an archive; None where it is no pipe."""
    if path != "-" and (is_url(path) or not os.path.exists(path) or os.path.isfile(path) or os.path.isdir(path)):
        return None
    return f"a pipe without the suffix {SUFFIX} is taken for a cloud: save an archive to a file first"


def files_of(what: Iterable[str]) -> Iterator[Location]:
    """The files that are read: those named, the selection in them left off, and all in the folders named."""
    for name in what:
        if is_url(name):
            yield name
            continue
        path = Path(name.partition("::")[0])
        yield path
        if path.is_dir():
            yield from path.rglob("*")


def one_from_stdin(names: Sequence[str]) -> None:
    """UsageError where more than one of the inputs is stdin, which can be read only once."""
    if names.count("-") > 1:
        raise UsageError("only one of the clouds can come from stdin")


def two_clouds(what: tuple[str, ...]) -> tuple[str, str]:
    """The two clouds that are compared."""
    if len(what) != 2:
        raise UsageError(
            f"{what[0]} is no archive, and two clouds are compared, not {len(what)}",
            hint=hint_at_pipe(what[0]) or "qaad eval ARCHIVE REFERENCE..., or qaad eval A.ply B.ply",
        )
    return what[0], what[1]
