"""Where the bytes of an archive come from: a file, a URL or a stream, read at given places and never past its end."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO, cast

from qaadcodec.errors import ArchiveError, EnvironmentFailure
from qaadcodec.remote.urls import Location, is_url, located, shown

MAGIC = b"\x89QAD\r\n\x1a\n"  # how every archive begins
MAX_PIPED_BYTES = 1 << 30


class Source:
    """Random access to the bytes of one archive.

    A stream that cannot seek (a pipe) is read into memory, up to 2^30 bytes. Of a file at a URL only those parts are
    fetched that are read, if its server can do that. `close` closes a file that was opened here, and leaves a stream
    that was given open.

    Attributes:
        name: what messages call the file.
        size: its bytes.
        remark: what there is to tell of the way it was read; "" where there is nothing.

    Raises:
        ArchiveError: it is a folder or a device, or a pipe is too long.
        EnvironmentFailure: there is no such file, or the machine cannot read it.
    """

    __slots__ = ("_owned", "_stream", "name", "size")

    def __init__(self, source: Location | BinaryIO) -> None:
        if isinstance(source, (str, Path)):
            self.name = shown(source)
            self._stream, self._owned = _open(located(source)), True
        else:
            self.name = str(getattr(source, "name", "stream"))
            self._stream, self._owned = source, False
        try:
            if not self._stream.seekable():
                piped = self._stream
                self._stream = _in_memory(piped, self.name)
                if self._owned:
                    piped.close()
            self.size = self._stream.seek(0, os.SEEK_END)
        except OSError as error:
            self.close()
            raise EnvironmentFailure(f"{self.name}: cannot be read: {error.strerror or error}") from error

    def read(self, offset: int, length: int, what: str = "file") -> bytes:
        """Exactly `length` bytes from `offset`; messages call them `what`.

        Raises:
            ArchiveError: the file is shorter. That is known before anything is read or allocated.
            EnvironmentFailure: the machine cannot read them.
        """
        if offset + length > self.size:
            raise ArchiveError(
                f"{self.name}: {what} at byte {offset} needs {length} bytes, and the file ends at byte {self.size}",
                hint="the file was cut on its way: fetch it again, or take it from a backup",
            )
        try:
            self._stream.seek(offset)
            data = self._stream.read(length)
        except OSError as error:
            raise EnvironmentFailure(f"{self.name}: cannot be read: {error.strerror or error}") from error
        if len(data) != length:
            raise ArchiveError(
                f"{self.name}: {what} at byte {offset}: {len(data)} of {length} bytes came; the file shrank meanwhile"
            )
        return data

    @property
    def remark(self) -> str:
        if getattr(self._stream, "whole", False):
            return f"{self.name}: its server gives no parts of files, so all {self.size} bytes were read"
        return ""

    def close(self) -> None:
        """Close the file if it was opened here."""
        if self._owned:
            self._stream.close()


def _open(path: Location) -> BinaryIO:
    if is_url(path):
        from qaadcodec.remote.ranges import RangeFile

        return cast(BinaryIO, RangeFile(path))
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):  # which may have no end
            raise ArchiveError(f"{path}: is a device, and archives are read from files and pipes")
        return open(path, "rb")
    except FileNotFoundError as error:
        raise EnvironmentFailure(f"{path}: no such file", hint="archives are written by qaad compress") from error
    except IsADirectoryError as error:
        raise ArchiveError(f"{path}: a folder, not a .qaad archive") from error
    except OSError as error:
        raise EnvironmentFailure(f"{path}: cannot be read: {error.strerror or error}") from error


def _in_memory(stream: BinaryIO, name: str) -> BinaryIO:
    data = stream.read(len(MAGIC))
    if data == MAGIC:  # of what is no archive, which is refused by its beginning, the end is not waited for
        data += stream.read(MAX_PIPED_BYTES + 1 - len(MAGIC))
    if len(data) > MAX_PIPED_BYTES:
        raise ArchiveError(f"{name}: a pipe of more than {MAX_PIPED_BYTES} bytes", hint="save it to a file first")
    return io.BytesIO(data)
