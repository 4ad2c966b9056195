"""The frame of an archive: preamble, section table, trailer (formats/qaad-1.md, "Frame").

What stands in the header or in a section is not known here. Lengths are checked against the file's size and the caps
below before anything of that length is read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qaadcodec.archive.byte_source import MAGIC, Source
from qaadcodec.archive.faults import DAMAGED, check_crc
from qaadcodec.errors import ArchiveError

END_MAGIC = b"QEND"
VERSION = (1, 0)

# Magic, major, minor, length of the header, and CRC-32 of the 16 bytes before it and of the header.
PREAMBLE = struct.Struct("<8sHHII")
CHECKED_PREAMBLE = 16
TABLE_COUNT = struct.Struct("<H")
TABLE_ENTRY = struct.Struct("<4sHQI")  # tag, coding, length, CRC-32
CRC = struct.Struct("<I")
TRAILER = struct.Struct("<Q4s")  # length of the whole file, end magic

MAX_HEADER_BYTES = 65536
MAX_SECTIONS = 64
SMALLEST_FILE = PREAMBLE.size + TABLE_COUNT.size + CRC.size + TRAILER.size


class Payload(NamedTuple):
    """A section to be written."""

    tag: str
    coding: int
    data: bytes


class Section(NamedTuple):
    """A section of a file: one line of its table; `offset` counts from the start of the file."""

    tag: str
    coding: int
    offset: int
    length: int
    crc32: int

    @property
    def critical(self) -> bool:
        """Whether a reader that does not know the tag has to refuse the file: it begins with a capital, as in PNG."""
        return self.tag[0].isupper()

    def __str__(self) -> str:
        return f"section {self.tag} at byte {self.offset}, {self.length} bytes"


class Frame(NamedTuple):
    """All that stands outside the sections: the version, the header's bytes, the table, and both checksums."""

    version: tuple[int, int]
    header: bytes
    header_crc32: int
    sections: tuple[Section, ...]
    table_offset: int
    table_crc32: int


def assemble(header: bytes, sections: Sequence[tuple[str, int, bytes]]) -> Iterator[bytes]:
    """The whole file, piece by piece, from the header's bytes and the tag, coding and bytes of each section."""
    preamble = PREAMBLE.pack(MAGIC, *VERSION, len(header), 0)[:CHECKED_PREAMBLE]
    yield preamble + CRC.pack(zlib.crc32(header, zlib.crc32(preamble))) + header
    table = TABLE_COUNT.pack(len(sections)) + b"".join(
        TABLE_ENTRY.pack(tag.encode("ascii"), coding, len(data), zlib.crc32(data)) for tag, coding, data in sections
    )
    yield table + CRC.pack(zlib.crc32(table))
    total = PREAMBLE.size + len(header) + len(table) + CRC.size + TRAILER.size
    for _, _, data in sections:
        yield data
        total += len(data)
    yield TRAILER.pack(total, END_MAGIC)


def read_frame(source: Source) -> Frame:
    """Read and check everything outside the sections.

    Raises:
        ArchiveError: what is wrong, and where.
    """
    start = source.read(0, min(PREAMBLE.size, source.size))
    _check_magic(source, start)
    if source.size < SMALLEST_FILE:
        raise ArchiveError(
            f"{source.name}: {source.size} bytes, and no archive has fewer than {SMALLEST_FILE}", hint=DAMAGED
        )
    _, major, minor, length, stored = PREAMBLE.unpack(start)
    if major != VERSION[0]:
        raise ArchiveError(
            f"{source.name}: format version {major}.{minor} at byte 8; this reader knows {VERSION[0]}.{VERSION[1]}",
            hint="a newer qaad may read it; if this qaad or an older one wrote the file, it is damaged",
        )
    if length > MAX_HEADER_BYTES:
        raise ArchiveError(
            f"{source.name}: byte 12 gives the header {length} bytes, and the most is {MAX_HEADER_BYTES}", hint=DAMAGED
        )
    header = source.read(PREAMBLE.size, length, "header")
    computed = zlib.crc32(header, zlib.crc32(start[:CHECKED_PREAMBLE]))
    check_crc(source.name, f"header at byte {PREAMBLE.size}, {length} bytes", computed, stored)
    table_offset = PREAMBLE.size + length
    sections, table_crc = _read_table(source, table_offset)
    _check_end(source, sections[-1].offset + sections[-1].length)
    return Frame((major, minor), header, stored, sections, table_offset, table_crc)


def _check_magic(source: Source, start: bytes) -> None:
    if start.startswith(MAGIC):
        return
    if not start:
        raise ArchiveError(f"{source.name}: the file is empty", hint=DAMAGED)
    if MAGIC.startswith(start):
        raise ArchiveError(f"{source.name}: the file ends within its first {len(MAGIC)} bytes", hint=DAMAGED)
    if start[1:4] == MAGIC[1:4]:
        raise ArchiveError(
            f"{source.name}: bytes 0 to 7 are {start[:8].hex(' ')}, and should be {MAGIC.hex(' ')}",
            hint="something on its way treated the file as text: transfer it as binary",
        )
    raise ArchiveError(
        f"{source.name}: not a .qaad container: bytes 0 to {len(start[:8]) - 1} are {start[:8].hex(' ')}",
        hint="archives are written by qaad compress",
    )


def _read_table(source: Source, offset: int) -> tuple[tuple[Section, ...], int]:
    """The sections, and the CRC-32 of their table."""
    (count,) = TABLE_COUNT.unpack(source.read(offset, TABLE_COUNT.size, "section table"))
    if not 1 <= count <= MAX_SECTIONS:
        raise ArchiveError(
            f"{source.name}: section table at byte {offset} has {count} sections, and has to have 1 to {MAX_SECTIONS}",
            hint=DAMAGED,
        )
    length = TABLE_COUNT.size + count * TABLE_ENTRY.size
    table = source.read(offset, length + CRC.size, "section table")
    (stored,) = CRC.unpack_from(table, length)
    check_crc(source.name, f"section table at byte {offset}, {count} sections", zlib.crc32(table[:length]), stored)
    sections: list[Section] = []
    position = offset + length + CRC.size
    for tag, coding, size, crc in TABLE_ENTRY.iter_unpack(table[TABLE_COUNT.size : length]):
        if not tag.isalpha():
            raise ArchiveError(
                f"{source.name}: section {len(sections)} has the tag {tag!r}, and tags are 4 letters", hint=DAMAGED
            )
        sections.append(Section(tag.decode("ascii"), coding, position, size, crc))
        position += size
    if len({s.tag for s in sections}) != count:
        raise ArchiveError(f"{source.name}: a section stands twice: {', '.join(s.tag for s in sections)}", hint=DAMAGED)
    return tuple(sections), stored


def _check_end(source: Source, end: int) -> None:
    """Check the length of the file and its trailer.

    A section starts where the one before it ends, so one sum tells whether the file was cut or lengthened.
    """
    expected = end + TRAILER.size
    if source.size != expected:
        difference = source.size - expected
        state = f"{-difference} are missing" if difference < 0 else f"{difference} too many"
        raise ArchiveError(
            f"{source.name}: {source.size} bytes, and by its section table it ends at byte {expected}: {state}",
            hint=DAMAGED,
        )
    total, magic = TRAILER.unpack(source.read(end, TRAILER.size, "trailer"))
    if total != source.size or magic != END_MAGIC:
        raise ArchiveError(
            f"{source.name}: trailer at byte {end} says {total} bytes and ends in {magic.hex(' ')}; "
            f"should be {source.size} bytes and {END_MAGIC.hex(' ')}",
            hint=DAMAGED,
        )
