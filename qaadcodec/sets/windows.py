"""An array in a file that is larger than what may be mapped: parts of it are mapped in turn, as they are asked for.

A mapped page takes address space as long as it is mapped, and memory once it was touched. So at most so many bytes are
mapped at a time, however long the file is; what is not mapped stays in the system's file cache while there is room.
"""

from __future__ import annotations

import errno
import mmap
import operator
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Longs, Numbers, Singles

BOUND = 1 << 27  # bytes that are mapped at a time, at most
LEAST = 1 << 22  # bytes of a window, or more: mapping one costs as much as copying some pages
FLOAT32 = 4  # bytes


class Windows:
    """N clouds of M rows of C numbers, (N, M, C) float32, in a file that is mapped by windows of whole clouds.

    It is indexed as an array of numpy is. A cloud by its number, `points[3]`, is a view, and so is what slices take of
    it: to read, and to write. Several clouds are a copy, whatever their number. Besides slices there are

        points[clouds]                       (G, M, C), by a list or an array (G,) of numbers
        points[clouds[:, None], rows[None]]  (G, R, C), the same rows (R,) of each

    and whatever follows them in the other axes. A file that fits into the bound is one window, which is mapped once. A
    window that gives way to others stays mapped until the last view into it is gone, and two windows of one place show
    the same numbers. May be used from any thread.

    Attributes:
        shape: (N, M, C).
        dtype: float32.
        nbytes: of all clouds.
    """

    dtype = np.dtype(np.float32)

    def __init__(
        self, descriptor: int, shape: tuple[int, int, int], *, bound: int | None = None, least: int | None = None
    ) -> None:
        """Map the file, or get ready to.

        Args:
            descriptor: of a file that is open to read and write, and has these numbers from its beginning. It stays
                the caller's, and has to be open as long as anything is asked for.
            shape: N, M and C.
            bound: bytes that are mapped at a time, at most; but one cloud can always be. BOUND when None.
            least: bytes of a window, at least, in whole clouds. LEAST when None.

        Raises:
            OSError: the file cannot be mapped; MemoryError: there is no address space left for it.
        """
        self.shape, self._descriptor = shape, descriptor
        bound, least = BOUND if bound is None else bound, LEAST if least is None else least
        self._cloud_bytes = max(shape[1] * shape[2] * FLOAT32, 1)
        fits = self.nbytes <= bound
        self._each = max(1, shape[0] if fits else -(-least // self._cloud_bytes))  # clouds in a window
        reach = self._each * self._cloud_bytes + 2 * mmap.ALLOCATIONGRANULARITY  # it begins and ends where a page does
        self._most = max(1, bound // reach)
        self._held: OrderedDict[int, Singles] = OrderedDict()  # the one that was used last comes last
        self._lock = Lock()
        self._whole = self._mapped(0) if fits and shape[0] else None

    @property
    def nbytes(self) -> int:
        """Bytes of all numbers."""
        return self.shape[0] * self.shape[1] * self.shape[2] * FLOAT32

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Singles]:
        return (self._cloud(cloud) for cloud in range(len(self)))

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """All of it, a copy."""
        if copy is False:
            raise ValueError("an array in a file comes as a copy")
        return self[:].astype(dtype or self.dtype, copy=False)

    def __getitem__(self, key: Any) -> Singles:
        clouds, rest = self._asked(key)
        if isinstance(clouds, int):
            one: Singles = self._cloud(clouds)[rest]
            return one
        shape = np.broadcast_to(np.float32(0), self.shape[1:])[rest].shape
        found = np.empty((len(clouds), *shape), np.float32)
        for place, cloud in enumerate(clouds):
            found[place] = _taken(self._cloud(cloud), rest)
        return found

    def __setitem__(self, key: Any, values: npt.ArrayLike) -> None:
        clouds, rest = self._asked(key)
        if isinstance(clouds, int):
            self._cloud(clouds)[rest] = values
            return
        values = np.asarray(values)
        whole = self.shape[1:] if not rest else values.shape[1:]
        for cloud, each in zip(clouds, np.broadcast_to(values, (len(clouds), *whole)), strict=True):
            self._cloud(cloud)[rest] = each

    def close(self) -> None:
        """Let go of the file: there are no clouds any more."""
        with self._lock:
            self.shape, self._whole = (0, 0, self.shape[2]), None
            self._held.clear()

    def _asked(self, key: Any) -> tuple[int | Sequence[int], tuple[Any, ...]]:
        """The clouds that a key names, one or several, and what it asks for of each."""
        first, *others = key if isinstance(key, tuple) else (key,)
        rest = tuple(others)
        if isinstance(first, slice):
            return range(*first.indices(len(self))), rest
        if not isinstance(first, list | np.ndarray):
            return operator.index(first), rest
        clouds: Longs = np.asarray(first) if len(first) else np.empty(np.shape(first), np.int64)
        if clouds.ndim == 2 and rest and isinstance(rows := rest[0], np.ndarray):
            matched = clouds.shape[1] == 1 and rows.shape in ((rows.size,), (1, rows.size))
            clouds, rest = clouds.reshape(-1), (rows.reshape(-1), *rest[1:])
        else:
            matched = clouds.ndim == 1 and all(isinstance(other, slice) for other in rest)
        if not matched or any(each.dtype.kind not in "iu" for each in (clouds, *rest) if isinstance(each, np.ndarray)):
            raise IndexError("several clouds are asked for by points[numbers], or points[numbers[:, None], rows[None]]")
        return clouds.tolist(), rest

    def _cloud(self, cloud: int) -> Singles:
        """A cloud by its number, from the end if that is negative; (M, C), a view."""
        count = len(self)
        if not -count <= cloud < count:
            raise IndexError(f"cloud {cloud} of {count}")
        number, place = divmod(cloud % count, self._each)
        window = self._whole if self._whole is not None else self._window(number)
        found: Singles = window[place]
        return found

    def _window(self, number: int) -> Singles:
        """The clouds of a window, (each, M, C), or fewer in the last one."""
        with self._lock:
            window = self._held.get(number)
            if window is None:
                while len(self._held) >= self._most:
                    self._held.popitem(last=False)
                window = self._held[number] = self._mapped(number)
            else:
                self._held.move_to_end(number)
        return window

    def _mapped(self, number: int) -> Singles:
        """A window, mapped anew."""
        first = number * self._each
        count = min(self._each, self.shape[0] - first)
        start, size = first * self._cloud_bytes, count * self._cloud_bytes
        begin = start - start % mmap.ALLOCATIONGRANULARITY
        try:
            held = mmap.mmap(self._descriptor, start + size - begin, access=mmap.ACCESS_WRITE, offset=begin)
        except OSError as error:
            if error.errno != errno.ENOMEM:
                raise
            raise MemoryError(f"no address space for {size} bytes of working data") from error
        numbers = count * self.shape[1] * self.shape[2]
        return np.frombuffer(held, np.float32, numbers, start - begin).reshape(count, *self.shape[1:])


def _taken(cloud: Singles, rest: tuple[Any, ...]) -> Numbers:
    """What is asked for of a cloud; `take` is three times as fast as an index where it is rows alone."""
    if len(rest) == 1 and isinstance(rest[0], np.ndarray):
        return cloud.take(rest[0], 0)
    return np.asarray(cloud[rest])
