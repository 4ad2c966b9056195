"""A file of arrays that many clouds come from: opened once, and read in one pass where they are asked for in order."""

from __future__ import annotations

import contextlib
import threading
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.formats.arrays import ArrayFile, CloudArray, numbers_of
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.packed import unpacked
from qaadcodec.errors import CloudError


class Block(NamedTuple):
    """Clouds of one array that were read together: (n, M, 3), the first of them at `start`."""

    key: str
    start: int
    values: npt.NDArray[Any]


class SharedFile:
    """What the sources of one file share: the open file, and the clouds that were read last.

    Clouds may be asked for in any order, and by several threads. Where they are asked for in order, those that lie
    scattered over the same parts of the file are read together: the file is passed over once, or as often as the
    memory for one pass asks for.

    Args:
        place, format: the file, which may be packed.
        last: array and index of the last of its clouds, with which the file is closed; it is opened again if another
            is asked for. None if only one of them was listed: the file is then closed each time.
    """

    def __init__(self, place: Place, format: CloudFormat, last: tuple[str, int | None] | None) -> None:
        self._place, self._format, self._last = place, format, last
        self._file: ArrayFile | None = None
        self._block: Block | None = None
        self._next = 0  # the index that would be in order
        self._lock = threading.Lock()

    def read(self, array: CloudArray, index: int | None) -> npt.NDArray[Any]:
        """One cloud (M, 3) in the type of the file.

        Args:
            array: which array of the file.
            index: which of its clouds; None where it is one.

        Raises:
            CloudError: it cannot be read, or the file is no longer what it was when it was listed.
        """
        with self._lock:
            try:
                return self._whole(array) if index is None else self._slice(array, index)
            finally:
                if self._last in (None, (array.key, index)):
                    self._close()

    def _whole(self, array: CloudArray) -> npt.NDArray[Any]:
        return numbers_of(self._checked(array).read(array.key, ()))

    def _slice(self, array: CloudArray, index: int) -> npt.NDArray[Any]:
        in_order = self._last is not None and index in (0, self._next)
        self._next = index + 1
        block = self._block
        if block is None or block.key != array.key or not 0 <= index - block.start < len(block.values):
            block = self._block = None  # let go of it before the next is read
            file, axis = self._checked(array), array.layout.axis
            count = file.together(array.key, axis) if in_order else 1
            where = (slice(None),) * axis + (slice(index, index + count - index % count),)
            block = Block(array.key, index, array.layout.clouds_in(numbers_of(file.read(array.key, where))))
            self._block = block if count > 1 else None
        return np.array(block.values[index - block.start], order="C")

    def _checked(self, array: CloudArray) -> ArrayFile:
        """The open file, if it still has the array as it was listed."""
        if self._file is None:
            assert self._format.open_arrays is not None
            self._file = self._format.open_arrays(unpacked(self._place))
        now = self._file.shapes(array.key).get(array.key)
        if now != array.declared:
            raise CloudError(f"{self._place.label}: has changed: it held {array.declared}, and holds {now}")
        self._file.check(array.key)
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._block = None

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # at the end of the program, libraries may be gone
            self._close()
