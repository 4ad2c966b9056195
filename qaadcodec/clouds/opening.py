"""The bytes of a cloud file, from the disk, from memory or from a URL. What the system refuses becomes a CloudError."""

from __future__ import annotations

import contextlib
import io
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from qaadcodec.errors import CloudError
from qaadcodec.files import reason
from qaadcodec.remote.urls import Location

MOST = 4 << 30  # bytes that are kept in memory of a file or a pipe


PIPE = "pipe"
SPECIAL = {stat.S_IFIFO: PIPE, stat.S_IFSOCK: "socket", stat.S_IFCHR: "device", stat.S_IFBLK: "device"}


class Inner(Protocol):
    """A file within another, such as a zip, or at a URL."""

    @property
    def path(self) -> PurePath:
        """Its name there."""
        ...

    @property
    def outer(self) -> Location | None:
        """The file that it is in; None where that came through a pipe."""
        ...

    @property
    def label(self) -> str:
        """What messages call it."""
        ...

    def read(self) -> bytes | Path:
        """All of it, or a file that has it."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where clouds are to be read from.

    Attributes:
        file: the file, or its bytes where they came through a pipe; None where there is none, only memory.
        label: what messages call the place: "scans.h5", "scans.h5::/group/a", "stdin".
        key: the name of an array, or of a group of arrays, in the file; "" where none is chosen.
        index: a slice along the first axis of an (N, M, 3) array; None where none is chosen.
        inner: the file within another or at a URL that clouds are read from, where `file` is None; `packed.unpacked`
            reads it.
    """

    file: Path | bytes | None = field(repr=False)
    label: str
    key: str = ""
    index: int | None = None
    inner: Inner | None = field(default=None, repr=False)

    @property
    def name(self) -> Path:
        """The name of the file, whose suffix tells its format; empty where there is none."""
        if self.inner:
            return Path(self.inner.path)
        return self.file if isinstance(self.file, Path) else Path()

    @property
    def origin(self) -> Location | None:
        """The file that is read, on the disk or at a URL; None where there is none."""
        if self.inner:
            return self.inner.outer
        return self.file if isinstance(self.file, Path) else None

    @contextlib.contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The file as a seekable stream; an OSError in the block becomes a CloudError."""
        file = self.inner.read() if self.inner and self.file is None else self.file
        try:
            with file.open("rb") if isinstance(file, Path) else io.BytesIO(file or b"") as stream:
                yield stream
        except OSError as error:
            raise CloudError(f"{self.label}: cannot be read: {reason(error)}") from error


def special(path: Path) -> str | None:
    """What a path is that is no file, "pipe", "socket" or "device"; None for a file, and where nobody can tell.

    Links are followed. Opening a pipe waits for its writer, and a device may have no end.
    """
    try:
        return SPECIAL.get(stat.S_IFMT(path.stat().st_mode))
    except OSError:
        return None


def remaining(stream: BinaryIO) -> int:
    """How many bytes there are between the position of the stream and its end; the position stays."""
    here = stream.tell()
    end = stream.seek(0, io.SEEK_END)
    stream.seek(here)
    return end - here


def read_whole(stream: BinaryIO, label: str) -> bytes:
    """All bytes from the position of a stream on; CloudError, before memory is taken, if they are more than MOST."""
    if (size := remaining(stream)) > MOST:
        raise CloudError(
            f"{label}: is read as a whole, and of its {size} bytes {MOST} can be",
            hint="cut it into several clouds, or save it as NPY, binary PLY or LAS",
        )
    return stream.read()


def read_bytes(stream: BinaryIO, size: int) -> npt.NDArray[np.uint8]:
    """The next `size` bytes. They must be there: ask `remaining` first, because this allocates them all."""
    buffer = np.empty(size, np.uint8)
    view = memoryview(buffer)  # type: ignore[arg-type]
    done = 0
    while done < size:
        count = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            raise OSError(f"ends after {done} of {size} bytes")
        done += count
    return buffer
