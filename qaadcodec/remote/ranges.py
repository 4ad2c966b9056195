"""A file at a URL as a stream that can seek, of which only those parts are fetched that are read."""

from __future__ import annotations

import io
import os
from typing import Any

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.remote.storage import storage, telling
from qaadcodec.remote.urls import WEB, scheme_of, shown

AHEAD = 8192  # bytes that are fetched at least: a request takes as long as many more
KEPT = 4  # pieces that are kept, of those that are not longer
MOST_WHOLE = 1 << 30  # bytes of a file that is read whole, because its server gives no parts
_AT_ONCE = 1 << 20


class RangeFile(io.RawIOBase):
    """A file at a URL, read in parts.

    A server of the web need not give parts. A file there is then read whole, into memory, if it has no more than
    MOST_WHOLE bytes; `whole` tells.

    Attributes:
        name: what messages call it.
        size: its bytes.
        whole: it was read whole.

    Raises, in every method:
        Missing: there is no such file; EnvironmentFailure: it cannot be read.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self.name, self._url, self._at = shown(url), url, 0
        self._fs, self._path = storage(url)
        self._pieces: list[tuple[int, bytes]] = []
        self.whole = False
        with telling(url):
            info: dict[str, Any] = self._fs.info(self._path)
        if info.get("type") == "directory":
            raise EnvironmentFailure(f"{self.name}: is a folder")
        size = info.get("size")
        if size is None or not info.get("partial", True):
            self._read_whole(size)
        else:
            self.size = int(size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = memoryview(buffer)
        data = self._part(self._at, min(self._at + len(wanted), self.size))
        wanted[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _part(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, which lie in the file, or up to where it ends too early."""
        if start >= end:
            return b""
        for at, piece in self._pieces:
            if at <= start and end <= at + len(piece):
                return piece[start - at : end - at]
        first = max(0, min(start, self.size - AHEAD))
        piece = self._fetch(first, min(self.size, max(end, first + AHEAD)))
        if self.whole:
            return self._part(start, end)
        if len(piece) <= AHEAD:
            self._pieces = [(first, piece), *self._pieces][:KEPT]
        return piece[start - first : end - first]

    def _fetch(self, start: int, end: int) -> bytes:
        try:
            with telling(self._url):
                if scheme_of(self._url) not in WEB:
                    data: bytes = self._fs.cat_file(self._path, start=start, end=end)
                    return data
                # What `cat_file` gives of a server that ignores ranges is the whole file, however long.
                return self._of_web(start, end)
        except _NoParts:
            self._read_whole(self.size)
            return b""

    def _of_web(self, start: int, end: int) -> bytes:
        with self._fs.open(self._path, "rb", block_size=AHEAD, cache_type="none", size=self.size) as stream:
            try:
                stream.seek(start)
                data: bytes = stream.read(end - start)
            except ValueError as error:
                if "range requests" in str(error):
                    raise _NoParts(self.name) from None
                raise
        return data

    def _read_whole(self, size: int | None) -> None:
        if size is not None and size > MOST_WHOLE:
            raise self._too_long(f"{size}")
        pieces, done = [], 0
        with telling(self._url), self._fs.open(self._path, "rb", block_size=0) as stream:
            while piece := stream.read(_AT_ONCE):
                pieces.append(piece)
                done += len(piece)
                if done > MOST_WHOLE:
                    raise self._too_long(f"more than {MOST_WHOLE}")
        self.whole, self.size, self._pieces = True, done, [(0, b"".join(pieces))]

    def _too_long(self, size: str) -> EnvironmentFailure:
        return EnvironmentFailure(
            f"{self.name}: its server gives no parts of files, and {size} bytes are too many to read whole "
            f"({MOST_WHOLE} at most)",
            hint="download it first",
        )


class _NoParts(EnvironmentFailure):
    """The server ignores which part of a file is asked for."""
