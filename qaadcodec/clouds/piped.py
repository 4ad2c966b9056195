"""What comes through a pipe: read once, as a whole, and not beyond a bound, since it stays in memory."""

from __future__ import annotations

import io
from typing import BinaryIO

from qaadcodec.clouds.opening import MOST
from qaadcodec.clouds.packed import is_packed
from qaadcodec.clouds.recognise import BYTES_TO_RECOGNISE, recognise
from qaadcodec.errors import CloudError

_AT_ONCE = 1 << 20  # bytes


def read_pipe(stream: BinaryIO, label: str) -> bytes:
    """Everything that a pipe brings, if it begins as a cloud does.

    Raises:
        CloudError: its first bytes are not those of a cloud, so that the rest is not waited for; or it brings more than
            MOST bytes.
    """
    start = stream.read(BYTES_TO_RECOGNISE)
    if not is_packed(start):
        recognise(start, label)
    whole = io.BytesIO()
    whole.write(start)
    while piece := stream.read(_AT_ONCE):
        whole.write(piece)
        if whole.tell() > MOST:
            raise CloudError(
                f"{label}: does not end within {MOST} bytes, and what comes through a pipe is kept in memory",
                hint="save it to a file first",
            )
    return whole.getvalue()
