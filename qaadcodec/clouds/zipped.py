"""Zip archives of cloud files: their members are read one by one, as a whole, and no farther than a stated bound."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.packed import most_unpacked, unpacked
from qaadcodec.errors import CloudError
from qaadcodec.remote.urls import Location

if TYPE_CHECKING:
    import zipfile  # imported when a zip is met, because most inputs are none

SUFFIX = ".zip"
SIGNATURE = b"PK\x03\x04"
MOST_MEMBERS = 1 << 20

# The ways to pack a member, by their numbers in the format (APPNOTE.TXT, 4.4.5). Of these two, what they may unpack to
# is bounded by what was read; Python unpacks the others as far as they go.
_STORED, _DEFLATED = 0, 8
_METHODS = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "zstandard", 95: "xz", 98: "PPMd"}
_ENCRYPTED = 0x1
_AGAIN = "unpack it first, or pack it anew: zip -r scans.zip scans/"


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a zip.

    Attributes:
        zip: what it is in.
        path: its name in there, with slashes.
        last: whether it is the last that is read where all are asked for in order.
    """

    zip: ZipOfClouds = field(repr=False)
    path: PurePosixPath
    last: bool

    @property
    def outer(self) -> Location | None:
        """The zip, on the disk or at a URL; None where it came through a pipe."""
        return self.zip.place.origin

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"{self.zip.place.label}::{self.path}"

    def read(self) -> bytes:
        """Its bytes, unpacked; CloudError if they are damaged."""
        return self.zip.read(str(self.path), close=self.last)


class ZipOfClouds:
    """A zip that is opened once for all of its members.

    Args:
        place: the zip, on the disk or as bytes; it may be packed with gzip.

    Raises:
        CloudError: it is no zip, is cut off, or its members claim more bytes than it has, or are too many.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._lock = threading.Lock()
        self._open = contextlib.ExitStack()
        self._zip: zipfile.ZipFile | None = None
        self._infos: dict[str, zipfile.ZipInfo] = {}
        with self._lock:
            infos = [info for info in self._opened().infolist() if not info.filename.endswith("/")]
            self._close()
        packed = sum(info.compress_size for info in infos)
        if len(infos) > MOST_MEMBERS:
            raise CloudError(f"{place.label}: has {len(infos)} members, and a zip holds {MOST_MEMBERS} at most")
        if packed > self._size:
            raise CloudError(
                f"{place.label}: its members claim {packed} packed bytes, and it has {self._size}: they overlap"
            )
        self.times = Counter(_path_of(info) for info in infos)

    @property
    def names(self) -> list[str]:
        """The names of the members that are files, with slashes, each once."""
        return list(self.times)

    def check(self, name: str) -> None:
        """Refuse a member that cannot be read, before anything is made of it.

        Raises:
            CloudError: its name leads out of the zip, or is there several times.
        """
        label, path = f"{self.place.label}::{name}", PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
            raise CloudError(f"{label}: its name leads out of the zip", hint=_AGAIN)
        if self.times[name] > 1:
            raise CloudError(f"{label}: is there {self.times[name]} times, and only one can be meant", hint=_AGAIN)
        if path.suffix.lower() == SUFFIX:
            raise CloudError(f"{label}: is a zip within a zip, which qaad does not read", hint="unpack it first")

    def read(self, name: str, *, close: bool) -> bytes:
        """The bytes of a member.

        Raises:
            CloudError: it is encrypted, packed in a way that is not read, unpacks to more than `most_unpacked` lets it,
                is damaged, or is not there any more.
        """
        label = f"{self.place.label}::{name}"
        with self._lock:
            try:
                archive = self._opened()
                info = self._infos.get(name)
                if info is None:
                    raise CloudError(f"{label}: is not there any more")
                _check(info, label)
                with _errors(label), archive.open(info) as member:
                    # With its size it is unpacked no farther; at the end its CRC-32 is compared.
                    return member.read(info.file_size) + member.read(1)
            finally:
                if close:
                    self._close()

    def _opened(self) -> zipfile.ZipFile:
        import zipfile

        if self._zip is None:
            with self._open:  # closed again if what follows fails
                stream = self._open.enter_context(unpacked(self.place).opened())
                self._size = stream.seek(0, 2)
                try:
                    archive = zipfile.ZipFile(stream)
                except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
                    raise CloudError(f"{self.place.label}: is not a whole zip: {str(error).lower()}") from error
                self._open = self._open.pop_all()
            self._zip, self._infos = archive, {_path_of(info): info for info in archive.infolist()}
        return self._zip

    def _close(self) -> None:
        self._zip, self._infos = None, {}
        self._open.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # at the end of the program, libraries may be gone
            self._close()


def _path_of(info: zipfile.ZipInfo) -> str:
    """The name of a member without "./", which means nothing, and with slashes where Windows wrote others."""
    return str(PurePosixPath(info.filename.replace("\\", "/")))


def check_packing(info: zipfile.ZipInfo, label: str, again: str = _AGAIN) -> None:
    """Refuse a member that is encrypted, or packed in a way that is not read."""
    if info.flag_bits & _ENCRYPTED:
        raise CloudError(f"{label}: is encrypted", hint="unpack it first, with its password: unzip FILE")
    if info.compress_type not in (_STORED, _DEFLATED):
        method = _METHODS.get(info.compress_type, f"method {info.compress_type}")
        raise CloudError(f"{label}: is packed with {method}, and qaad reads stored and deflated members", hint=again)


def _check(info: zipfile.ZipInfo, label: str) -> None:
    """Refuse a member that is encrypted, packed in a way that is not read, or a bomb."""
    check_packing(info, label)
    most = most_unpacked(info.compress_size)
    if info.file_size > most:
        raise CloudError(
            f"{label}: its {info.compress_size} bytes unpack to {info.file_size}, more than {most}",
            hint="clouds do not pack so well; if it is one, unpack it first",
        )


@contextlib.contextmanager
def _errors(label: str) -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # zipfile and zlib have their own
        raise CloudError(f"{label}: is damaged: {str(error).lower() or type(error).__name__}") from error
