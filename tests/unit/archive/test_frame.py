"""The frame: bytes where the specification puts them."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from qaadcodec.archive.byte_source import Source
from qaadcodec.archive.frame import Frame, assemble, read_frame
from qaadcodec.errors import ArchiveError


def frame_of(data: bytes) -> Frame:
    return read_frame(Source(io.BytesIO(data)))


def test_every_byte_is_where_the_specification_says() -> None:
    data = b"".join(assemble(b"{}", [("ABCD", 2, b"xyz"), ("efgh", 7, b"")]))
    assert data[:16] == bytes.fromhex("89514144 0d0a1a0a 0100 0000 02000000")
    assert data[16:22] == struct.pack("<I", zlib.crc32(data[:16] + b"{}")) + b"{}"
    assert data[22:24] == b"\2\0"
    assert data[24:42] == b"ABCD" + struct.pack("<HQI", 2, 3, zlib.crc32(b"xyz"))
    assert data[42:60] == b"efgh" + struct.pack("<HQI", 7, 0, 0)
    assert data[60:64] == struct.pack("<I", zlib.crc32(data[22:60]))
    assert data[64:67] == b"xyz"
    assert data[67:] == struct.pack("<Q", len(data)) + b"QEND"


def test_reading_gives_back_what_was_written() -> None:
    frame = frame_of(b"".join(assemble(b"{}", [("ABCD", 2, b"xyz"), ("efgh", 7, b"")])))
    assert (frame.version, frame.header, frame.table_offset) == ((1, 0), b"{}", 22)
    first, second = frame.sections
    assert (first.tag, first.coding, first.offset, first.length, first.crc32) == ("ABCD", 2, 64, 3, zlib.crc32(b"xyz"))
    assert (second.offset, second.length) == (67, 0)
    assert (first.critical, second.critical) == (True, False)
    assert str(first) == "section ABCD at byte 64, 3 bytes"


def test_a_minor_version_that_is_newer_is_read() -> None:
    data = bytearray(b"".join(assemble(b"{}", [("ABCD", 2, b"xyz")])))
    data[10] = 9
    data[16:20] = struct.pack("<I", zlib.crc32(data[:16] + b"{}"))
    assert frame_of(bytes(data)).version == (1, 9)


@pytest.mark.parametrize("tag", ["AB1D", "AB D"])
def test_tags_are_letters(tag: str) -> None:
    with pytest.raises(ArchiveError, match=f"section 0 has the tag b'{tag}', and tags are 4 letters"):
        frame_of(b"".join(assemble(b"{}", [(tag, 0, b"")])))


def test_a_section_longer_than_any_file_is_refused_before_it_is_read() -> None:
    table = struct.pack("<H4sHQI", 1, b"ABCD", 0, 2**64 - 1, 0)
    start = bytes.fromhex("89514144 0d0a1a0a 0100 0000 02000000")
    data = start + struct.pack("<I", zlib.crc32(start + b"{}")) + b"{}" + table + struct.pack("<I", zlib.crc32(table))
    with pytest.raises(
        ArchiveError, match=r"by its section table it ends at byte 18446744073709551673: .* are missing"
    ):
        frame_of(data + bytes(12))
