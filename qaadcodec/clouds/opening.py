"""Bytes of a cloud file, from disk or from memory, with the system's refusals turned into CloudErrors."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from qaadcodec.errors import CloudError
from qaadcodec.files import reason


@contextlib.contextmanager
def opened(file: Path | bytes, label: str) -> Iterator[BinaryIO]:
    """The file, or bytes that came through a pipe, as a seekable stream; an OSError in the block is a CloudError."""
    try:
        with file.open("rb") if isinstance(file, Path) else io.BytesIO(file) as stream:
            yield stream
    except OSError as error:
        raise CloudError(f"{label}: cannot be read: {reason(error)}") from error


def remaining(stream: BinaryIO) -> int:
    """Bytes between the place in the stream and its end; the place stays."""
    here = stream.tell()
    end = stream.seek(0, io.SEEK_END)
    stream.seek(here)
    return end - here


def read_bytes(stream: BinaryIO, size: int) -> npt.NDArray[np.uint8]:
    """The next `size` bytes, which must be there (check `remaining` first, before this allocates)."""
    buffer = np.empty(size, np.uint8)
    view = memoryview(buffer)  # type: ignore[arg-type]
    done = 0
    while done < size:
        count = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            raise OSError(f"ends after {done} of {size} bytes")
        done += count
    return buffer
