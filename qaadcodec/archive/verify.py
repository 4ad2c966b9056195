"""Checking every byte of an archive, and telling what was checked."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from qaadcodec.archive.frame import PREAMBLE, TABLE_COUNT, TABLE_ENTRY
from qaadcodec.archive.reader import CONTENTS, ArchiveReader


@dataclass(frozen=True, slots=True)
class Check:
    """One checksum that fits: of what, which bytes of the file, its value."""

    content: str
    offset: int
    bytes: int
    crc32: int


def verify(source: str | Path | BinaryIO) -> tuple[Check, ...]:
    """Read an archive whole: every checksum, and every rule about what the sections hold.

    Returns one Check per checksum, in file order. Raises ArchiveError at the first thing that is wrong.
    """
    with ArchiveReader(source) as reader:
        return checks_of(reader)


def checks_of(reader: ArchiveReader) -> tuple[Check, ...]:
    """`verify` of an archive that is open, and stays so."""
    frame = reader.frame
    table_bytes = TABLE_COUNT.size + len(frame.sections) * TABLE_ENTRY.size
    checks = [
        Check("header", 0, PREAMBLE.size + len(frame.header), frame.header_crc32),
        Check("section table", frame.table_offset, table_bytes, frame.table_crc32),
    ]
    for section in reader.sections:
        reader.raw_section(section)
        checks.append(Check(CONTENTS.get(section.tag, section.tag), section.offset, section.length, section.crc32))
        if CONTENTS.get(section.tag) == "latents":
            checks += _block_checks(reader, section.offset)
    reader.archive()
    return tuple(checks)


def _block_checks(reader: ArchiveReader, start: int) -> list[Check]:
    directory = reader.directory
    checks = [Check("latents: directory", start, int(directory.offsets[0]) - 4, directory.own_crc32)]
    for block in range(len(directory)):
        _, data = reader.raw_block(block)
        place = start + int(directory.offsets[block])
        checks.append(Check(f"latents: block {block}", place, len(data), zlib.crc32(data)))
    return checks
