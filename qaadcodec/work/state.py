"""What a part of a run goes on from: numbers, arrays that all clouds share, and tables with a row for each cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Numbers
from qaadcodec.errors import EnvironmentFailure

START_AGAIN = "delete the folder, and start again without --resume"
BLOCK_BYTES = 1 << 24  # of a table, that are in memory at a time


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by cloud, that are given or read in blocks: so memory does not grow with them.

    Attributes:
        shape: of all of them, (n, …).
        dtype: of their numbers.
        block: the rows from a first cloud up to and without a last one.
    """

    shape: tuple[int, ...]
    dtype: npt.DTypeLike
    block: Callable[[int, int], Numbers]

    @classmethod
    def of(cls, array: Numbers) -> Self:
        """The rows of an array; what it becomes later is what will be read."""
        return cls(array.shape, array.dtype, lambda first, last: array[first:last])

    def between(self, first: int, end: int) -> Table:
        """The rows from a first one up to and without another, as a table."""
        return Table((end - first, *self.shape[1:]), self.dtype, lambda a, b: self.block(first + a, first + b))

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return int(np.prod(self.shape[1:], dtype=np.int64)) * np.dtype(self.dtype).itemsize

    def blocks(self, first: int, last: int) -> Iterator[tuple[int, Numbers]]:
        """Those rows in blocks of bounded size, each with the number of its first row."""
        step = max(1, BLOCK_BYTES // max(self.row_bytes, 1))
        for start in range(first, last, step):
            yield start, self.block(start, min(start + step, last))

    def whole(self) -> Numbers:
        """All rows, a copy."""
        return np.array(self.block(0, self.shape[0]), self.dtype).reshape(self.shape)


@dataclass(frozen=True, slots=True)
class State:
    """A part of a checkpoint. What is made for one may be live: it is read when the checkpoint is written.

    Attributes:
        numbers: whatever JSON holds.
        shared: arrays that all clouds share, by name.
        tables: tables with a row for each cloud, by name; all their rows, or only the first. Where several processes
            share the run, each has the rows of its own clouds.
        origin: what messages call the checkpoint that it was read from.
    """

    numbers: Mapping[str, Any] = field(default_factory=dict)
    shared: Mapping[str, Numbers] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    origin: str = ""

    def array(self, name: str, like: Numbers) -> Numbers:
        """The shared array of that name.

        Raises:
            EnvironmentFailure: there is none, or its shape or type is not that of `like`.
        """
        found = self.shared.get(name)
        if found is None or found.shape != like.shape or found.dtype != like.dtype:
            have = "is missing" if found is None else f"is {found.dtype} {found.shape}"
            raise damaged(self.origin, f"{name} {have}, and should be {like.dtype} {like.shape}")
        return found

    def rows(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Table:
        """The table of that name, of that shape and type; EnvironmentFailure as for `array`."""
        found = self.tables.get(name)
        if found is None or found.shape != shape or found.dtype != np.dtype(dtype):
            have = "is missing" if found is None else f"is {found.dtype} {found.shape}"
            raise damaged(self.origin, f"{name} {have}, and should be {np.dtype(dtype)} {shape}")
        return found

    @contextmanager
    def going_on(self) -> Iterator[Self]:
        """Within it, numbers that are missing or make no sense are damage that is told."""
        try:
            yield self
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            what = f"{error.args[0]} is missing" if isinstance(error, KeyError) and error.args else str(error)
            raise damaged(self.origin, what) from error


def damaged(origin: str, what: str) -> EnvironmentFailure:
    """The error of a checkpoint that cannot be gone on from."""
    return EnvironmentFailure(f"{origin}: the checkpoint is damaged: {what}", hint=START_AGAIN)
