"""Files that are packed with gzip, of any format: they are unpacked in memory, and no farther than a stated bound."""

from __future__ import annotations

import dataclasses
import functools
import io
from pathlib import Path

from qaadcodec.clouds.opening import Place
from qaadcodec.errors import CloudError

SUFFIX = ".gz"
_MAGIC = b"\x1f\x8b"
_AT_ONCE = 1 << 20  # bytes

# Clouds become 2 to 8 times smaller, long text with a column of one colour 20 times. Deflate can do 1032 : 1.
MOST = 32  # times its size that a file may unpack to
ROOM = 16 << 20  # bytes that every file may unpack to


def unpacked(place: Place) -> Place:
    """The place with the bytes that its file unpacks to; the place itself if the file is not packed.

    A file within another or at a URL is read, too, so that what is left is a file on the disk or bytes. What tells is
    how the file begins, whatever it is called.

    Raises:
        CloudError: the file cannot be read, is cut off or damaged, or unpacks to more than MOST times its size and
            more than ROOM.
    """
    if place.inner and place.file is None:
        place = dataclasses.replace(place, file=place.inner.read())
    with place.opened() as stream:
        if not is_packed(stream.read(len(_MAGIC))):
            return place
    if not isinstance(place.file, Path):
        return dataclasses.replace(place, file=_unpack(place))
    whole = Place(place.file, place.inner.label if place.inner else str(place.file))
    try:
        state = place.file.stat()
    except OSError:
        return dataclasses.replace(place, file=_unpack(whole))
    return dataclasses.replace(place, file=_unpack_once(whole, state.st_mtime_ns, state.st_size))


def is_packed(start: bytes) -> bool:
    """Whether a file that begins so is packed with gzip."""
    return start.startswith(_MAGIC)


def most_unpacked(size: int) -> int:
    """The most bytes that so many packed ones may unpack to, in every format that packs."""
    return max(ROOM, MOST * size)


def check_claim(claimed: int, packed: int, label: str) -> None:
    """CloudError for what claims more bytes than so many packed ones may unpack to."""
    if claimed > (most := most_unpacked(packed)):
        raise CloudError(
            f"{label}: claims {claimed} bytes in {packed}, and may claim {most}",
            hint="clouds do not pack so well; if it is one, unpack it first",
        )


def plain_name(path: Path) -> Path:
    """The path without the suffix that says that the file is packed: a.ply of a.ply.gz."""
    return path.with_suffix("") if path.suffix.lower() == SUFFIX else path


def whole_suffix(path: Path) -> str:
    """The suffix of a file, with the one that says that it is packed: ".ply", ".ply.gz"."""
    plain = plain_name(path)
    return plain.suffix + path.name[len(plain.name) :]


@functools.lru_cache(maxsize=1)
def _unpack_once(place: Place, changed: int, size: int) -> bytes:
    """`_unpack`, kept for the next cloud of the same file: they are asked for one by one, and each would unpack it.

    `changed` and `size` are the file's, so that a file that has changed is read again.
    """
    return _unpack(place)


def _unpack(place: Place) -> bytes:
    import gzip  # imported when a packed file is met, because most are not
    import zlib

    with place.opened() as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        most, done, pieces = most_unpacked(size), 0, []
        try:
            with gzip.GzipFile(fileobj=stream, mode="rb") as packed:
                while piece := packed.read(_AT_ONCE):
                    done += len(piece)
                    if done > most:
                        raise CloudError(
                            f"{place.label}: its {size} bytes of gzip unpack to more than {most}",
                            hint="clouds do not pack so well; if it is one, unpack it first: gunzip -k FILE",
                        )
                    pieces.append(piece)
        except EOFError as error:
            raise CloudError(f"{place.label}: is truncated: its gzip data ends early") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise CloudError(f"{place.label}: is damaged: {str(error).lower()}") from error
    return b"".join(pieces)
