"""Named arrays in a file, in the format of safetensors: the length of a header, a header in JSON, the numbers.

The header tells type, shape and place of each array; the arrays follow each other without holes, as little-endian
numbers in C order. Nothing in such a file can be run. Other programs read it with the package safetensors.
"""

from __future__ import annotations

import json
import math
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from qaadcodec.arrays import Numbers
from qaadcodec.work.state import Table, damaged

LENGTH = struct.Struct("<Q")
MOST_HEADER = 1 << 24  # bytes
PIECE = 1 << 22  # bytes that are read at a time for a checksum
TYPES: dict[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "I64": np.dtype("<i8"),
    "U8": np.dtype("u1"),
}
NAMES = {dtype: name for name, dtype in TYPES.items()}


class Written(NamedTuple):
    """What a file became: its length, and its CRC-32."""

    size: int
    crc: int


def write_tensors(path: Path, tables: Mapping[str, tuple[Table, int, int]]) -> Written:
    """Write rows of tables to a new file, synced to the disk.

    Args:
        tables: by name, with the first row that is written of each, and the one behind the last.

    Raises:
        OSError: as the system has it.
    """
    header: dict[str, Any] = {}
    end = 0
    for name, (table, first, last) in tables.items():
        size = (last - first) * table.row_bytes
        shape = [last - first, *table.shape[1:]]
        header[name] = {"dtype": NAMES[np.dtype(table.dtype)], "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    size = crc = 0
    with path.open("wb") as stream:
        for piece in _pieces(text, tables):
            stream.write(piece)
            size, crc = size + len(piece), zlib.crc32(piece, crc)
        stream.flush()
        os.fsync(stream.fileno())
    return Written(size, crc)


def _pieces(header: bytes, tables: Mapping[str, tuple[Table, int, int]]) -> Iterator[bytes | memoryview]:
    """The file in pieces: the header, then the numbers of the tables in turn."""
    yield LENGTH.pack(len(header)) + header
    for table, first, last in tables.values():
        for _, rows in table.blocks(first, last):
            numbers = np.ascontiguousarray(rows, np.dtype(table.dtype).newbyteorder("<"))
            yield numbers.reshape(-1).view(np.uint8).data  # no copy: a block takes as much memory as a window


class TensorFile:
    """A file of arrays that is open for reading. A context manager.

    Attributes:
        tables: every array by name, to be read in blocks of rows.
    """

    def __init__(self, path: Path, written: Written) -> None:
        """Open and check a file.

        Args:
            written: what `write_tensors` returned of it.

        Raises:
            EnvironmentFailure: it is not what was written, or its header makes no sense; it names the file.
            OSError: it cannot be read.
        """
        self.path = path
        self._stream = path.open("rb")
        try:
            self._check(written)
            self.tables = self._tables(written.size)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close it; the tables can no longer be read."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check(self, written: Written) -> None:
        size = os.fstat(self._stream.fileno()).st_size
        if size != written.size:
            raise damaged(str(self.path), f"it has {size} bytes, and {written.size} were written")
        crc = 0
        while piece := self._stream.read(PIECE):
            crc = zlib.crc32(piece, crc)
        if crc != written.crc:
            raise damaged(str(self.path), f"its CRC-32 is {crc:08x}, and {written.crc:08x} was written")

    def _tables(self, size: int) -> dict[str, Table]:
        self._stream.seek(0)
        head = self._stream.read(LENGTH.size)
        length = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else size
        if length > min(MOST_HEADER, size - LENGTH.size):
            raise damaged(str(self.path), f"its header should have {length} bytes of {size}")
        try:
            header = json.loads(self._stream.read(length))
            return dict(self._laid_out(header, LENGTH.size + length, size))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise damaged(str(self.path), f"its header makes no sense: {error}") from error

    def _laid_out(self, header: dict[str, Any], start: int, size: int) -> Iterator[tuple[str, Table]]:
        """The arrays of a header whose numbers begin at a byte; they must fill the file to its end."""
        end = 0
        entries = [(name, entry) for name, entry in header.items() if name != "__metadata__"]
        for name, entry in sorted(entries, key=lambda each: each[1]["data_offsets"]):
            dtype, shape, (first, last) = TYPES[entry["dtype"]], tuple(entry["shape"]), entry["data_offsets"]
            if not all(type(number) is int and number >= 0 for number in (*shape, first, last)) or not shape:
                raise ValueError(f"{name} has the shape {shape}")
            if first != end or last - first != math.prod(shape) * dtype.itemsize:
                raise ValueError(f"{name} of shape {shape} lies at bytes {first} to {last}")
            end = last
            yield name, Table(shape, dtype, self._reader(shape, dtype, start + first))
        if start + end != size:
            raise ValueError(f"its arrays end at byte {start + end} of {size}")

    def _reader(self, shape: tuple[int, ...], dtype: np.dtype[Any], start: int) -> Any:
        """Reads rows of an array that begins at a byte."""
        row = math.prod(shape[1:])

        def block(first: int, last: int) -> Numbers:
            self._stream.seek(start + first * row * dtype.itemsize)
            found: Numbers = np.fromfile(self._stream, dtype, (last - first) * row)
            return found.reshape(last - first, *shape[1:])

        return block
