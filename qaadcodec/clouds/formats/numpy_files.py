"""NPY and NPZ files. Nothing in them is ever unpickled."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.formats.arrays import Shape
from qaadcodec.clouds.opening import opened, read_bytes, remaining
from qaadcodec.errors import CloudError

if TYPE_CHECKING:
    import zipfile  # imported by those who open one: it is not on the way of all other formats

# Deflate cannot do better than 1032 : 1 (zlib's technical notes): a member that claims more is a lie or a bomb.
_BEST_RATIO = 1032


def npy_shape(stream: BinaryIO, label: str) -> tuple[Shape, bool]:
    """Shape and type that an NPY header declares, and whether the order is Fortran's; leaves the stream at the data."""
    if not (magic := stream.read(8)):
        raise CloudError(f"{label}: is empty (0 bytes)")
    stream.seek(-len(magic), 1)
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
    return Shape(shape, dtype), fortran


def read_npy(stream: BinaryIO, label: str, index: int | None) -> npt.NDArray[Any]:
    """The array of an NPY stream, or along its first axis the slice `index`; in C order only that is read."""
    declared, fortran = npy_shape(stream, label)
    if declared.dtype.hasobject:
        return np.empty(declared.shape and (0,), declared.dtype)
    size = math.prod(declared.shape) * declared.dtype.itemsize
    if remaining(stream) < size:
        raise CloudError(
            f"{label}: is truncated: its shape {declared.shape} of {declared.dtype} needs {size} bytes, "
            f"and there are {remaining(stream)}"
        )
    if index is None or fortran:
        array = read_bytes(stream, size).view(declared.dtype).reshape(declared.shape, order="F" if fortran else "C")
        return array if index is None else array[index]
    each = size // declared.shape[0]
    stream.seek(index * each, 1)
    return read_bytes(stream, each).view(declared.dtype).reshape(declared.shape[1:])


def npz_shapes(file: Path | bytes, label: str) -> dict[str, Shape]:
    """Shape and type of each array of an NPZ, in the order of the file; other members are left out."""
    shapes: dict[str, Shape] = {}
    with opened(file, label) as stream:
        archive = _zip(stream, label)
        for info in archive.infolist():
            if info.filename.endswith(".npy"):
                key = info.filename.removesuffix(".npy")
                with _member(archive, info, label) as member:
                    shapes[key] = npy_shape(member, f"{label}::{key}")[0]
    return shapes


def read_npz(file: Path | bytes, label: str, key: str, index: int | None) -> npt.NDArray[Any]:
    """The array `key` of an NPZ, or along its first axis the slice `index`."""
    if isinstance(file, Path):
        try:
            state = file.stat()
        except OSError:
            array = _inflate(file, label, key)  # says what is wrong
        else:
            array = _inflate_once(file, key, label, state.st_mtime_ns, state.st_size)
    else:
        array = _inflate(file, label, key)
    return array if index is None else array[index]


@functools.lru_cache(maxsize=1)
def _inflate_once(file: Path, key: str, label: str, changed: int, size: int) -> npt.NDArray[Any]:
    # The slices of a compressed (N, M, 3) array are asked for one by one, and each would inflate it all.
    array = _inflate(file, label, key)
    array.flags.writeable = False
    return array


def _inflate(file: Path | bytes, label: str, key: str) -> npt.NDArray[Any]:
    with opened(file, label) as stream:
        archive = _zip(stream, label)
        try:
            info = archive.getinfo(f"{key}.npy")
        except KeyError:
            raise CloudError(f"{label}: holds no array of that name") from None
        if info.file_size > _BEST_RATIO * info.compress_size + 1024:
            raise CloudError(
                f"{label}: claims {info.file_size} bytes in {info.compress_size} compressed ones, which cannot be"
            )
        with _member(archive, info, label) as member:
            return read_npy(member, label, None)


def _zip(stream: BinaryIO, label: str) -> zipfile.ZipFile:
    import zipfile

    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        empty = remaining(stream) == 0 and stream.tell() == 0
        why = "is empty (0 bytes)" if empty else f"is not a whole NPZ file: {str(error).lower()}"
        raise CloudError(f"{label}: {why}") from error


@contextlib.contextmanager
def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, label: str) -> Iterator[BinaryIO]:
    import zipfile
    import zlib

    try:
        with archive.open(info) as member:
            yield member  # type: ignore[misc]
    except CloudError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        raise CloudError(f"{label}: {info.filename} is damaged or encrypted: {error}") from error
