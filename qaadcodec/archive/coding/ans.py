"""A stream of integers, each coded by a table of its own (formats/qaad-1.md, "Entropy").

The numeral system is a stack: what is put on it last is taken off first. Integers of one table are coded together, so
that Python calls constriction, which does the arithmetic, once per table that occurs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import constriction
import numpy as np

from qaadcodec.archive.coding.tables import largest, model
from qaadcodec.arrays import Indices, Integers
from qaadcodec.errors import ArchiveError

WORD = 4  # bytes
INITIAL = np.array([1], dtype=np.uint32)  # one bit: if it is not what is left at the end, something is wrong


def encode(parts: Sequence[tuple[Integers, Integers]]) -> bytes:
    """Integers as bytes.

    Args:
        parts: integers (n,) and their tables (n,), in the order in which they will be decoded.
    """
    coder = constriction.stream.stack.AnsCoder(INITIAL)
    for values, tables in reversed(parts):
        for table, places in reversed(list(_groups(tables))):
            coder.encode_reverse((values[places] + largest(table)).astype(np.int32), model(table))
    return stream_bytes(coder)


def stream_bytes(coder: constriction.stream.stack.AnsCoder) -> bytes:
    """What was put on a coder that began at INITIAL, without the zero bytes at its end."""
    words: Integers = coder.get_compressed()
    return words.astype("<u4").tobytes().rstrip(b"\0")


def open_stream(data: bytes) -> constriction.stream.stack.AnsCoder:
    """A coder that holds what `stream_bytes` gave."""
    words = np.frombuffer(data.ljust(-(-len(data) // WORD) * WORD, b"\0"), dtype="<u4")
    return constriction.stream.stack.AnsCoder(words.astype(np.uint32))


def is_spent(coder: constriction.stream.stack.AnsCoder) -> bool:
    """Whether everything was taken off a coder, and nothing was missing."""
    return np.array_equal(coder.get_compressed(), INITIAL)


class Decoder:
    """Takes the integers of a stream, part by part.

    Raises, here and in `finish`:
        ArchiveError: the bytes are not such a stream.
    """

    def __init__(self, data: bytes) -> None:
        if not data or data[-1] == 0:
            raise ArchiveError(f"a coded stream of {len(data)} bytes is empty, or ends in a zero byte")
        self._size = len(data)
        self._coder = open_stream(data)
        self._taken = 0

    def take(self, tables: Integers) -> Integers:
        """The next integers, one by each of these tables (n,): (n,) int16."""
        values = np.empty(len(tables), dtype=np.int16)
        for table, places in _groups(tables):
            symbols = self._coder.decode(model(table), len(places))
            values[places] = symbols - largest(table)
        self._taken += len(tables)
        return values

    def finish(self) -> None:
        """Check that nothing is left, and that nothing was missing."""
        if not is_spent(self._coder):
            raise ArchiveError(
                f"a coded stream of {self._size} bytes does not end with its {self._taken} values: "
                f"{self._coder.num_valid_bits()} bits are left, and 1 bit should be"
            )


def _groups(tables: Integers) -> Iterator[tuple[int, Indices]]:
    """Each table that occurs, the lowest first, and the places where it does."""
    if not len(tables):
        return
    order = np.argsort(tables, kind="stable")
    ordered = tables[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        yield int(ordered[start]), order[start:end]
