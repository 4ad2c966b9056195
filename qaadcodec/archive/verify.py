"""Checking every byte of an archive, and saying what was checked."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import BinaryIO

from qaadcodec.archive.contents import CONTENTS, LATENTS
from qaadcodec.archive.frame import CRC, PREAMBLE, TABLE_COUNT, TABLE_ENTRY
from qaadcodec.archive.reader import ArchiveReader
from qaadcodec.remote.urls import Location


@dataclass(frozen=True, slots=True)
class Check:
    """One checksum that fits: what it is of, which bytes of the file these are, and its value."""

    content: str
    offset: int
    bytes: int
    crc32: int


def verify(source: Location | BinaryIO) -> tuple[Check, ...]:
    """Read the whole archive, and check every checksum and every rule about what the sections hold.

    Returns:
        One Check per checksum, in the order of the file.

    Raises:
        ArchiveError: the first thing that is wrong.
    """
    with ArchiveReader(source) as reader:
        return checks_of(reader)


def checks_of(reader: ArchiveReader) -> tuple[Check, ...]:
    """`verify` for an archive that is open already; it stays open."""
    frame = reader.frame
    table_bytes = TABLE_COUNT.size + len(frame.sections) * TABLE_ENTRY.size
    checks = [
        Check("header", 0, PREAMBLE.size + len(frame.header), frame.header_crc32),
        Check("section table", frame.table_offset, table_bytes, frame.table_crc32),
    ]
    for section in reader.sections:
        reader.raw_section(section)
        checks.append(Check(CONTENTS.get(section.tag, section.tag), section.offset, section.length, section.crc32))
        if section.tag == LATENTS:
            checks += _block_checks(reader, section.offset)
    reader.archive()
    return tuple(checks)


def _block_checks(reader: ArchiveReader, start: int) -> list[Check]:
    """The checksums within the latents section, which starts at that byte."""
    directory = reader.blocks.directory
    checks = [Check("latents: directory", start, int(directory.offsets[0]) - CRC.size, directory.own_crc32)]
    for block in range(len(directory)):
        _, data = reader.raw_block(block)
        checks.append(
            Check(f"latents: block {block}", start + int(directory.offsets[block]), len(data), zlib.crc32(data))
        )
    return checks
