"""NPY files: one array, which is a cloud (M, 3) or a set of clouds (N, M, 3). Nothing in it is ever unpickled."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.clouds.formats.arrays import Shape
from qaadcodec.clouds.formats.record import CloudFormat, Contents, Listing
from qaadcodec.clouds.opening import Place, read_bytes, remaining
from qaadcodec.errors import CloudError, UsageError


class NpyHeader(NamedTuple):
    """What an NPY header declares: the array, and whether its first index varies fastest (Fortran order)."""

    declared: Shape
    fortran: bool


def list_arrays(place: Place) -> Listing:
    """The one array of the file, which has no name."""
    if place.key:
        raise CloudError(f"{place.label}: is one array, and has none of the name {place.key!r}")
    with place.opened() as stream:
        return Listing({"": read_header(stream, place.label).declared})


def read(place: Place) -> Contents:
    """The array, or its slice at the index of the place. Of a file on disk, nothing else is kept in memory."""
    with place.opened() as stream:
        header = read_header(stream, place.label)
        if isinstance(place.file, bytes):
            array = read_array(stream, header, remaining(stream), place.label)
            return Contents(array if place.index is None else array[place.index])
        check_size(header.declared, remaining(stream), place.label)
        try:
            mapped = np.load(place.file, mmap_mode="r", allow_pickle=False)
            # A copy, so that nothing that happens to the file later reaches the cloud.
            return Contents(np.array(mapped if place.index is None else mapped[place.index], order="C"))
        except (ValueError, IndexError) as error:  # the file has changed since it was listed
            raise CloudError(f"{place.label}: is not a whole NPY file: {error}") from error


def read_header(stream: BinaryIO, label: str) -> NpyHeader:
    """Read the header at the beginning of a stream, and leave the stream at the first byte of data.

    Raises:
        CloudError: the stream is no NPY, is cut off in its header, or is of an unknown version.
    """
    if not (magic := stream.read(8)):
        raise CloudError(f"{label}: is empty (0 bytes)")
    stream.seek(-len(magic), io.SEEK_CUR)
    try:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        elif version == (2, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream)
        else:
            raise CloudError(f"{label}: is NPY version {version[0]}.{version[1]}; versions 1.0 and 2.0 are read")
    except CloudError:
        raise
    except Exception as error:  # numpy evaluates the header as a Python literal, with whatever that raises
        raise CloudError(f"{label}: is not a whole NPY file: {str(error).splitlines()[0]}") from error
    if min(shape, default=0) < 0:
        raise CloudError(f"{label}: declares the shape {shape}")
    return NpyHeader(Shape(shape, dtype), fortran)


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
    declared = header.declared
    data = read_bytes(stream, check_size(declared, there, label))
    return data.view(declared.dtype).reshape(declared.shape, order="F" if header.fortran else "C")


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
    list_arrays=list_arrays,
    read=read,
    write_one=write_one,
    write_many=write_many,
)
