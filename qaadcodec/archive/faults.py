"""How a damaged archive is reported: the file, the place in it, what is wrong there, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qaadcodec.errors import ArchiveError

DAMAGED = "the file is damaged or was cut on its way: fetch it again, or take it from a backup"


def check_crc(name: str, place: object, computed: int, stored: int) -> None:
    """Compare two CRC-32 of a place in the file of that name.

    Raises:
        ArchiveError: they differ; the message has both.
    """
    if computed != stored:
        raise ArchiveError(f"{name}: {place}: CRC-32 is {computed:08x}, stored is {stored:08x}", hint=DAMAGED)


@contextmanager
def locating(name: str, place: object) -> Iterator[None]:
    """Put the file's name and the place before the message of every ArchiveError that is raised inside.

    A message that begins with the name already stays as it is.
    """
    try:
        yield
    except ArchiveError as error:
        if str(error).startswith(f"{name}: "):
            raise
        raise ArchiveError(f"{name}: {place}: {error}", hint=error.hint or DAMAGED) from error
