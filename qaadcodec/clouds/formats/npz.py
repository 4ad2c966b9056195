"""NPZ files: a ZIP archive of NPY members, each of them a cloud (M, 3), or one of them a set (N, M, 3)."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.clouds.formats import npy
from qaadcodec.clouds.formats.arrays import Shape, choose
from qaadcodec.clouds.formats.record import CloudFormat, Contents, Listing
from qaadcodec.clouds.names import SafePaths
from qaadcodec.clouds.opening import Place, remaining
from qaadcodec.errors import CloudError

if TYPE_CHECKING:
    import zipfile  # imported when an NPZ is opened, because all other formats do without it

# Deflate cannot do better than 1032 : 1 (zlib's technical notes): a member that claims more is a lie or a bomb.
_BEST_RATIO = 1032


def list_arrays(place: Place) -> Listing:
    """The arrays that are clouds, or the array at the key of the place whatever it is, in the order of the file."""
    arrays = _shapes(place)
    if not place.key:
        chosen, beside = choose(arrays, place.label, "array")
        return Listing({name: arrays[name] for name in chosen}, beside)
    if place.key not in arrays:
        raise CloudError(f"{place.label}: holds no array {place.key!r}", hint=f"it holds {', '.join(list(arrays)[:8])}")
    return Listing({place.key: arrays[place.key]})


def read(place: Place) -> Contents:
    """The array at the key of the place, or its slice at the index of the place."""
    # Without the index, slices of the same array have the same place.
    whole = dataclasses.replace(place, label=place.label.removesuffix(f"[{place.index}]"), index=None)
    try:
        state = place.file.stat() if isinstance(place.file, Path) else None
    except OSError:
        state = None  # inflating says what is wrong
    array = _inflate_once(whole, state.st_mtime_ns, state.st_size) if state else _inflate(whole)
    return Contents(array if place.index is None else array[place.index])


def write_many(stream: BinaryIO, clouds: Iterator[tuple[str, Points]]) -> None:
    """Write an array for each cloud, uncompressed, under its name made safe (see `SafePaths`)."""
    import zipfile

    paths = SafePaths(".npy")
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, points in clouds:
            member = zipfile.ZipInfo(str(paths.take(name)))  # dated 1980: the same clouds give the same bytes
            member.external_attr = 0o644 << 16
            with archive.open(member, "w", force_zip64=True) as part:
                npy.write_one(part, points)  # type: ignore[arg-type]


def _shapes(place: Place) -> dict[str, Shape]:
    """Shape and type of each array, in the order of the file. Members that are no NPY are left out."""
    shapes: dict[str, Shape] = {}
    with place.opened() as stream:
        archive = _zip(stream, place.label)
        for info in archive.infolist():
            if info.filename.endswith(".npy"):
                key = info.filename.removesuffix(".npy")
                with _member(archive, info, place.label) as member:
                    shapes[key] = npy.read_header(member, f"{place.label}::{key}").declared
    return shapes


@functools.lru_cache(maxsize=1)
def _inflate_once(place: Place, changed: int, size: int) -> npt.NDArray[Any]:
    """`_inflate`, kept for the next slice of the same array: they are asked for one by one, and each would inflate it.

    `changed` and `size` are the file's, so that a file that has changed is read again.
    """
    array = _inflate(place)
    array.flags.writeable = False
    return array


def _inflate(place: Place) -> npt.NDArray[Any]:
    """The whole array at the key of the place."""
    with place.opened() as stream:
        archive = _zip(stream, place.label)
        try:
            info = archive.getinfo(f"{place.key}.npy")
        except KeyError:
            raise CloudError(f"{place.label}: holds no array of that name") from None
        if info.file_size > _BEST_RATIO * info.compress_size + 1024:
            raise CloudError(
                f"{place.label}: claims {info.file_size} bytes in {info.compress_size} compressed ones, which cannot be"
            )
        with _member(archive, info, place.label) as member:
            header = npy.read_header(member, place.label)
            array = npy.read_array(member, header, info.file_size - member.tell(), place.label)
            member.read(1)  # zipfile compares the CRC-32 when it comes to the end
            return array


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


FORMAT = CloudFormat(
    name="npz",
    suffixes=(".npz",),
    signatures=(b"PK\x03\x04",),
    list_arrays=list_arrays,
    read=read,
    write_many=write_many,
)
