"""A text stream that never raises: a run is not lost because nobody can be told of it."""

from __future__ import annotations

import contextlib
from typing import TextIO


class Unfailing:
    """Writes to a stream as long as that works, and remembers why it did not; what comes after that is dropped.

    Attributes:
        failure: the first error of writing; None as long as all went well.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failure: Exception | None = None

    def write(self, text: str) -> int:
        """Write, or drop the text once writing has failed."""
        if self.failure is None:
            try:
                self._stream.write(text)
            except (OSError, ValueError) as error:  # no space, no reader, no terminal any more; or closed
                self.failure = error
        return len(text)

    def flush(self) -> None:
        """Flush, unless writing has failed."""
        if self.failure is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self.failure = error

    def close(self) -> None:
        """Close the stream, which may fail to write what it still holds."""
        self.flush()
        with contextlib.suppress(OSError, ValueError):
            self._stream.close()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Number of the stream's file."""
        return self._stream.fileno()

    @property
    def encoding(self) -> str:
        """Of the text."""
        return self._stream.encoding

    @property
    def reason(self) -> str | None:
        """Why writing failed, in lower case; None where it did not."""
        if self.failure is None:
            return None
        said = self.failure.strerror if isinstance(self.failure, OSError) else None
        return (said or str(self.failure) or type(self.failure).__name__).lower()
