"""NPY files: one array, which is a cloud (M, 3) or a set of clouds (N, M, 3). Nothing in it is ever unpickled."""

from __future__ import annotations

import ast
import io
import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.clouds.formats.arrays import Shape
from qaadcodec.clouds.formats.npy_slices import read_slices
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.opening import Place, read_bytes, remaining
from qaadcodec.errors import CloudError, UsageError

# What is read of a file at once where clouds lie scattered over it: the more, the fewer passes it takes.
_PASS_BYTES = 1 << 28
_LONGEST_HEADER = 1 << 16  # bytes, as in version 1.0
_LONGEST_OLD_HEADER = 1 << 9  # of Python 2, which numpy rewrites in a time that grows with the square
# Python 3.11 counts the depth of what it parses for all threads together, and at times calls a good header an error.
_PARSING = threading.Lock()


class NpyHeader(NamedTuple):
    """What an NPY header declares: the array, and whether its first index varies fastest (Fortran order)."""

    declared: Shape
    fortran: bool


class NpyFile:
    """The one array of a file, which has no name. Of a file on disk, only what is asked for is kept in memory."""

    def __init__(self, place: Place) -> None:
        self._place = place
        with place.opened() as stream:
            self._header = read_header(stream, place.label)
            self._there = remaining(stream)

    def shapes(self, key: str) -> dict[str, Shape]:
        """The array; see `ArrayFile`."""
        if key:
            raise CloudError(f"{self._place.label}: is one array, and has none of the name {key!r}")
        return {"": self._header.declared}

    def check(self, key: str) -> None:
        """Refuse an array that is cut off."""
        check_size(self._header.declared, self._there, self._place.label)

    def read(self, key: str, index: tuple[slice, ...]) -> npt.NDArray[Any]:
        """A copy, so that nothing that happens to the file later reaches the cloud."""
        place = self._place
        with place.opened() as stream:
            header = read_header(stream, place.label)
            there = remaining(stream)
            check_size(header.declared, there, place.label)
            if not isinstance(place.file, Path):
                data = np.frombuffer(place.file or b"", np.uint8, offset=stream.tell())
                return shaped(data, header)[index].copy()
            try:
                declared = header.declared
                return read_slices(stream, declared.shape, declared.dtype, header.fortran, index)
            except ValueError as error:  # the file has changed since it was listed
                raise CloudError(f"{place.label}: is not a whole NPY file: {error}") from error

    def together(self, key: str, axis: int) -> int:
        """One slice, where slices are whole in the file. Otherwise a pass over the file gives as many as memory may."""
        declared = self._header.declared
        slowest = len(declared.shape) - 1 if self._header.fortran else 0
        return 1 if axis == slowest else in_one_pass(declared, axis)

    def close(self) -> None:
        """Nothing: the file is open only while it is read."""


def read_header(stream: BinaryIO, label: str) -> NpyHeader:
    """Read the header at the beginning of a stream, and leave the stream at the first byte of data.

    Raises:
        CloudError: the stream is no NPY, is cut off in its header, or is of an unknown version.
    """
    start = stream.tell()
    if not (magic := stream.read(8)):
        raise CloudError(f"{label}: is empty (0 bytes)")
    length = int.from_bytes(stream.read(4 if magic[6:] == b"\x02\x00" else 2), "little")
    if length > _LONGEST_HEADER:
        raise CloudError(f"{label}: is not a whole NPY file: its header of {length} bytes is too long")
    if length > _LONGEST_OLD_HEADER and not _is_literal(stream.read(length)):
        raise CloudError(f"{label}: is not a whole NPY file: its header of {length} bytes is no dictionary")
    stream.seek(start)
    try:
        version = np.lib.format.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise CloudError(f"{label}: is NPY version {version[0]}.{version[1]}; versions 1.0 and 2.0 are read")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        with _PARSING:
            shape, fortran, dtype = read(stream)
    except CloudError:
        raise
    except Exception as error:  # numpy evaluates the header as a Python literal, with whatever that raises
        raise CloudError(f"{label}: is not a whole NPY file: {str(error).splitlines()[0]}") from error
    if min(shape, default=0) < 0 or bool in map(type, shape):  # to Python, True is a number
        raise CloudError(f"{label}: declares the shape {shape}")
    return NpyHeader(Shape(shape, dtype), fortran)


def _is_literal(header: bytes) -> bool:
    """Whether a header is a literal of Python 3."""
    try:
        with _PARSING:
            ast.literal_eval(header.decode("latin-1"))  # as numpy does it
    except Exception:  # whatever evaluation raises
        return False
    return True


def check_size(declared: Shape, there: int, label: str) -> int:
    """How many bytes the array takes. CloudError, before anything is allocated, if the file has fewer."""
    if declared.dtype.hasobject:
        raise CloudError(f"{label}: holds Python objects, not numbers")
    size = math.prod(declared.shape) * declared.dtype.itemsize
    if there < size:
        raise CloudError(
            f"{label}: is truncated: its shape {declared.shape} of {declared.dtype} needs {size} bytes, "
            f"and there are {there}"
        )
    return size


def read_array(stream: BinaryIO, header: NpyHeader, there: int, label: str) -> npt.NDArray[Any]:
    """The whole array, from a stream that has `there` bytes left after the header."""
    return shaped(read_bytes(stream, check_size(header.declared, there, label)), header)


def shaped(data: npt.NDArray[np.uint8], header: NpyHeader) -> npt.NDArray[Any]:
    """The array that bytes are the data of; there may be more of them."""
    declared = header.declared
    size = math.prod(declared.shape) * declared.dtype.itemsize
    return data[:size].view(declared.dtype).reshape(declared.shape, order="F" if header.fortran else "C")


def in_one_pass(declared: Shape, axis: int) -> int:
    """How many slices along an axis fit into the memory that a pass over a file may take."""
    n = max(declared.shape[axis], 1)
    size = math.prod(declared.shape) * declared.dtype.itemsize // n
    return min(n, max(1, _PASS_BYTES // max(size, 1)))


def write_one(stream: BinaryIO, points: Points) -> None:
    """Write (M, 3) points."""
    # numpy.save is no help here: it asks a stream for its position, and a pipe has none.
    stream.write(_header(points.shape, points.dtype))
    stream.write(points.tobytes())


def write_many(stream: BinaryIO, clouds: Iterator[tuple[str, Points]]) -> None:
    """Write clouds as (N, M, 3), without their names; UsageError if they differ in size or type."""
    if not stream.seekable():
        whole = io.BytesIO()
        write_many(whole, clouds)
        stream.write(whole.getvalue())
        return
    start, n = stream.tell(), 0
    head: Points | None = None
    for name, points in clouds:
        if head is None:
            head = points
            # numpy pads headers so that the first axis may grow: N is put right below, when it is known.
            stream.write(_header((0, *head.shape), head.dtype))
        if points.shape != head.shape or points.dtype != head.dtype:
            raise UsageError(
                f"an npy file holds clouds of one size and type, and {name} has {len(points)} points of {points.dtype} "
                f"after {len(head)} of {head.dtype}",
                hint="npz and h5 hold clouds of different sizes",
            )
        stream.write(points.tobytes())
        n += 1
    end = stream.tell()
    if head is not None:
        stream.seek(start)
        stream.write(_header((n, *head.shape), head.dtype))
        stream.seek(end)


def _header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )
    return header.getvalue()


FORMAT = CloudFormat(
    name="npy",
    suffixes=(".npy",),
    signatures=(b"\x93NUMPY",),
    open_arrays=NpyFile,
    write_one=write_one,
    write_many=write_many,
)
