"""Arrays that come one after the other, kept in a temporary file: clouds are read twice, and memory should not grow."""

from __future__ import annotations

import tempfile
import threading
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.files import reason


class Spool:
    """A temporary file of arrays, which disappears with the last array that is kept in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end = 0
        try:
            self._file = tempfile.TemporaryFile(prefix="qaad-clouds-")  # noqa: SIM115
        except OSError as error:
            raise _no_room(error) from error

    def keep(self, values: npt.NDArray[Any]) -> Spooled:
        """Write an array of numbers behind the others; EnvironmentFailure if there is no room."""
        start = self._end
        try:
            self._file.seek(start)
            self._file.write(values.tobytes())
            self._file.flush()
        except OSError as error:
            raise _no_room(error) from error
        self._end += values.nbytes
        return Spooled(self, start, values.shape, values.dtype)

    def read(self, start: int, size: int) -> bytes:
        """So many bytes from a place on, which were written."""
        with self._lock:
            self._file.seek(start)
            return self._file.read(size)

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()


class Spooled(NamedTuple):
    """An array in a spool."""

    spool: Spool
    start: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def read(self) -> npt.NDArray[Any]:
        """The array, as it was given."""
        size = int(np.prod(self.shape)) * self.dtype.itemsize
        return np.frombuffer(self.spool.read(self.start, size), self.dtype).reshape(self.shape)


def _no_room(error: OSError) -> EnvironmentFailure:
    return EnvironmentFailure(
        f"{tempfile.gettempdir()}: no room for the clouds that come one by one: {reason(error)}",
        hint="set TMPDIR to a folder with more space",
    )
