"""The names section: what each cloud was called and how many points it had (formats/qaad-1.md, "Names")."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Sequence

import numpy as np

from qaadcodec.errors import ArchiveError, UsageError

MAX_NAME_BYTES = 1024
MAX_INFLATED_BYTES = 1 << 26
MAX_COUNT = (1 << 32) - 1
INFLATED = struct.Struct("<I")

# Control characters would let a file steer the terminal that lists it; lone surrogates have no UTF-8.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def storable_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names that an archive can hold, nearest to the given ones.

    What may not stand in a name becomes U+FFFD, what is too long is cut, an empty one becomes "cloud", and a name that
    is there already gets "~2", "~3", … behind it.
    """
    last_number: dict[str, int] = {}  # by every name given out; a dictionary keeps their order
    for name in names:
        stem = _cut(_FORBIDDEN.sub("\ufffd", name), MAX_NAME_BYTES) or "cloud"
        unique = stem
        while unique in last_number:
            last_number[stem] += 1
            unique = _cut(stem, MAX_NAME_BYTES - 12) + f"~{last_number[stem]}"
        last_number[unique] = 1
    return tuple(last_number)


def check_names(names: Sequence[str], counts: Sequence[int]) -> None:
    """Raise UsageError, with the index and the name, where the format forbids one of them."""
    if len(names) != len(counts):
        raise UsageError(f"{len(names)} names and {len(counts)} counts")
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        if not name or _FORBIDDEN.search(name) or len(name.encode()) > MAX_NAME_BYTES:
            raise UsageError(f"name {i} is {name[:80]!r}: 1 to {MAX_NAME_BYTES} bytes of text, no control characters")
        if seen.setdefault(name, i) != i:
            raise UsageError(f"clouds {seen[name]} and {i} have the same name {name[:80]!r}")
    for i, count in enumerate(counts):
        if not 1 <= count <= MAX_COUNT:
            raise UsageError(f"cloud {i} has {count} points, and may have 1 to {MAX_COUNT}")


def encode_names(names: Sequence[str], counts: Sequence[int], points: int) -> bytes:
    """Names, each closed by a line feed, then the counts unless all are M; deflated behind their length.

    Counts are uint32, all lowest bytes first, then the second ones, …: the upper ones deflate to almost nothing.
    """
    check_names(names, counts)
    text = "".join(f"{name}\n" for name in names).encode()
    if any(count != points for count in counts):
        text += np.asarray(counts, dtype="<u4").view(np.uint8).reshape(-1, 4).T.tobytes()
    if len(text) > MAX_INFLATED_BYTES:
        raise UsageError(f"names and counts take {len(text)} bytes, and may take {MAX_INFLATED_BYTES}")
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    return INFLATED.pack(len(text)) + deflater.compress(text) + deflater.flush()


def decode_names(data: bytes, clouds: int, points: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The inverse of `encode_names`; ArchiveError says what is wrong. Never inflates more than 2^26 bytes."""
    text = _inflate(data)
    names_end = _end_of_lines(text, clouds)
    try:
        names = tuple(text[: names_end - 1].decode().split("\n"))
    except UnicodeDecodeError as error:
        raise ArchiveError(f"byte {error.start} of the names is not UTF-8") from error
    rest = len(text) - names_end
    if rest not in (0, 4 * clouds):
        raise ArchiveError(f"{rest} bytes behind {clouds} names, and there may be none or {4 * clouds}")
    counts = (points,) * clouds
    if rest:
        planes = np.frombuffer(text, np.uint8, offset=names_end).reshape(4, clouds)
        counts = tuple(np.ascontiguousarray(planes.T).view("<u4").reshape(-1).tolist())
    try:
        check_names(names, counts)
    except UsageError as error:
        raise ArchiveError(str(error)) from error
    return names, counts


def _inflate(data: bytes) -> bytes:
    if len(data) < INFLATED.size:
        raise ArchiveError(f"{len(data)} bytes, and the length alone takes {INFLATED.size}")
    (length,) = INFLATED.unpack_from(data)
    if length > MAX_INFLATED_BYTES:
        raise ArchiveError(f"would inflate to {length} bytes, and may to {MAX_INFLATED_BYTES}")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        text = inflater.decompress(data[INFLATED.size :], length + 1)
    except zlib.error as error:
        raise ArchiveError(f"cannot be inflated: {error}") from error
    if len(text) != length or not inflater.eof or inflater.unused_data:
        raise ArchiveError(f"does not inflate to just the {length} bytes that it says")
    return text


def _end_of_lines(text: bytes, lines: int) -> int:
    """Where the counts start: behind the line feed number `lines`. Bytes of counts may look like line feeds."""
    feeds = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == 0x0A)
    if len(feeds) < lines:
        raise ArchiveError(f"{len(feeds)} names, and the header says {lines} clouds")
    return int(feeds[lines - 1]) + 1


def _cut(name: str, size: int) -> str:
    return name.encode()[:size].decode(errors="ignore")
