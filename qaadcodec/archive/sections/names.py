"""The names section: what each cloud was called and how many points it had (formats/qaad-1.md, "NAME")."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Sequence

import numpy as np

from qaadcodec.errors import ArchiveError, UsageError

MAX_NAME_BYTES = 1024
MAX_INFLATED_BYTES = 1 << 26
FREE_BYTES, BYTES_PER_BYTE = 1 << 22, 256  # what a section inflates to at most, and more for each byte of it
MAX_COUNT = (1 << 32) - 1
INFLATED = struct.Struct("<I")

# A control character could make a file steer the terminal that lists it; a lone surrogate has no UTF-8.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def storable_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names that an archive can hold and that are nearest to these.

    A character that is not allowed becomes U+FFFD, a name that is too long is cut, an empty name becomes "cloud", and
    "~2", "~3", … is put behind a name that is taken.
    """
    last_number: dict[str, int] = {}  # behind each name, by the names that are taken, in their order
    for name in names:
        stem = _cut(_FORBIDDEN.sub("\ufffd", name), MAX_NAME_BYTES) or "cloud"
        unique = stem
        while unique in last_number:
            last_number[stem] += 1
            unique = _cut(stem, MAX_NAME_BYTES - 12) + f"~{last_number[stem]}"
        last_number[unique] = 1
    return tuple(last_number)


def check_names(names: Sequence[str], counts: Sequence[int]) -> None:
    """Check names and counts by the rules of the format.

    Raises:
        UsageError: the first that breaks one, with its index.
    """
    if len(names) != len(counts):
        raise UsageError(f"{len(names)} names and {len(counts)} counts")
    for i, name in enumerate(names):
        if not name or _FORBIDDEN.search(name) or len(name.encode()) > MAX_NAME_BYTES:
            raise UsageError(f"name {i} is {name[:80]!r}: 1 to {MAX_NAME_BYTES} bytes of text, no control characters")
    if len(set(names)) < len(names):  # which takes half the memory of a table of places
        seen: dict[str, int] = {}
        first, i, name = next((seen[n], i, n) for i, n in enumerate(names) if seen.setdefault(n, i) != i)
        raise UsageError(f"clouds {first} and {i} have the same name {name[:80]!r}")
    for i, count in enumerate(counts):
        if not 1 <= count <= MAX_COUNT:
            raise UsageError(f"cloud {i} has {count} points, and may have 1 to {MAX_COUNT}")


def encode_names(names: Sequence[str], counts: Sequence[int], points: int) -> bytes:
    """The section: names, each followed by a line feed, then the counts, unless all of them are M.

    This text is deflated, and its length stands before it. Counts are uint32: first the lowest byte of every count,
    then the second of every count, and so on. The upper bytes deflate to almost nothing.

    Raises:
        UsageError: a name or a count breaks a rule of the format, or they take more than 2^26 bytes.
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
    """The inverse of `encode_names`: names and counts of N clouds. It never inflates more than 2^26 bytes.

    Raises:
        ArchiveError: what is wrong.
    """
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
    most = min(MAX_INFLATED_BYTES, FREE_BYTES + BYTES_PER_BYTE * len(data))
    if length > most:
        raise ArchiveError(f"would inflate to {length} bytes, and may to {most}")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        text = inflater.decompress(data[INFLATED.size :], length + 1)
    except zlib.error as error:
        raise ArchiveError(f"cannot be inflated: {error}") from error
    if len(text) != length or not inflater.eof or inflater.unused_data:
        raise ArchiveError(f"does not inflate to just the {length} bytes that it says")
    return text


def _end_of_lines(text: bytes, lines: int) -> int:
    """Where the counts start: behind so many line feeds. Bytes of the counts may look like line feeds, too."""
    feeds = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == 0x0A)
    if len(feeds) < lines:
        raise ArchiveError(f"{len(feeds)} names, and the header says {lines} clouds")
    return int(feeds[lines - 1]) + 1


def _cut(name: str, size: int) -> str:
    return name.encode()[:size].decode(errors="ignore")
