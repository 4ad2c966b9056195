"""NPZ files: a ZIP archive of NPY members, each of them a cloud (M, 3), or one of them a set (N, M, 3)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.clouds.formats import npy
from qaadcodec.clouds.formats.arrays import Shape
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.names import SafePaths
from qaadcodec.clouds.opening import Place, remaining
from qaadcodec.clouds.packed import most_unpacked
from qaadcodec.clouds.zipped import check_packing
from qaadcodec.errors import CloudError

if TYPE_CHECKING:
    import zipfile  # imported when an NPZ is opened, because all other formats do without it


class NpzFile:
    """The arrays of a file, which are read as a whole. Members that are no NPY are left out."""

    def __init__(self, place: Place) -> None:
        self._label = place.label
        self._inflated: tuple[str, npt.NDArray[Any]] | None = None
        self._open = contextlib.ExitStack()
        stream = self._open.enter_context(place.opened())
        self._size = remaining(stream)
        self._checked: set[str] = set()
        self._claimed = 0  # bytes of the arrays that were checked
        try:
            self._zip = _zip(stream, place.label)
        except BaseException:
            self._open.close()
            raise
        self._infos = {
            info.filename.removesuffix(".npy"): info for info in self._zip.infolist() if info.filename.endswith(".npy")
        }

    def shapes(self, key: str) -> dict[str, Shape]:
        """Shape and type of each array, of the array at the key, or of those whose names begin with the key and "/"."""
        folder = key.rstrip("/") + "/"
        keys = [key] if key in self._infos else [k for k in self._infos if not key or k.startswith(folder)]
        if key and not keys:
            held = ", ".join(list(self._infos)[:8])
            raise CloudError(f"{self._label}: holds no array {key!r}", hint=f"it holds {held}")
        return {key: self._header(key)[0].declared for key in keys}

    def check(self, key: str) -> None:
        """Refuse an array that claims more bytes than its member, and what unpacks to more than any file may."""
        label, info = self._named(key)
        if key not in self._checked:
            self._checked.add(key)
            self._claimed += info.file_size
        claims = (("", info.file_size, info.compress_size), (", with those before,", self._claimed, self._size))
        for which, claimed, packed in claims:
            if claimed > (most := most_unpacked(packed)):
                raise CloudError(
                    f"{label}: claims{which} {claimed} bytes in {packed} packed ones, and may claim {most}",
                    hint="clouds do not pack so well; if it is one, save it unpacked: numpy.savez",
                )
        header, start = self._header(key)
        npy.check_size(header.declared, info.file_size - start, label)

    def read(self, key: str, index: tuple[slice, ...]) -> npt.NDArray[Any]:
        """A part of the array, which is inflated as a whole, and kept until another is asked for."""
        if self._inflated is None or self._inflated[0] != key:
            self._inflated = None  # let go of it before the next takes memory
            self._inflated = key, self._inflate(key)
        whole = self._inflated[1]
        if index:
            return whole[index].copy()
        self._inflated = None
        return whole

    def together(self, key: str, axis: int) -> int:
        """One slice: the array is in memory."""
        return 1

    def close(self) -> None:
        """Let go of the file."""
        self._inflated = None
        self._open.close()

    def _inflate(self, key: str) -> npt.NDArray[Any]:
        label, info = self._named(key)
        with _member(self._zip, info, self._label) as member:
            header = npy.read_header(member, label)
            array = npy.read_array(member, header, info.file_size - member.tell(), label)
            member.read(1)  # zipfile compares the CRC-32 when it comes to the end
            return array

    def _named(self, key: str) -> tuple[str, zipfile.ZipInfo]:
        label = f"{self._label}::{key}"
        try:
            return label, self._infos[key]
        except KeyError:
            raise CloudError(f"{label}: holds no array of that name") from None

    def _header(self, key: str) -> tuple[npy.NpyHeader, int]:
        """What the array declares, and where its data begins in the member."""
        label, info = self._named(key)
        with _member(self._zip, info, self._label) as member:
            return npy.read_header(member, label), member.tell()


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
    check_packing(info, f"{label}: {info.filename}", "save it again: numpy.savez_compressed")
    try:
        with archive.open(info) as member:
            yield member  # type: ignore[misc]
    except (CloudError, MemoryError):
        raise
    except Exception as error:  # zipfile and each of the ways to compress have their own
        raise CloudError(f"{label}: {info.filename} is damaged: {error}") from error


FORMAT = CloudFormat(
    name="npz",
    suffixes=(".npz",),
    signatures=(b"PK\x03\x04",),
    members=lambda names: all(name.endswith(".npy") for name in names),
    open_arrays=NpzFile,
    write_many=write_many,
)
