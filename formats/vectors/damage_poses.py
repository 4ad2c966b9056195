"""Damages the poses of an archive in every way that a reader has to notice, with one fault per file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

from damage import joined, parts

HEAD = 3  # bytes before the poses


def damaged_poses(plain: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Name, text that qaadcodec's message has to contain, and bytes of each damaged file.

    Args:
        plain: the file that is damaged, of 2 clouds with similarities.
    """
    header, sections = parts(plain)
    width = sections["POSE"][1][1]

    def with_poses(change: Callable[[bytes], bytes], coding: int = 6) -> bytes:
        return joined(header, sections | {"POSE": (coding, change(sections["POSE"][1]))})

    def checked(data: bytes) -> bytes:
        """The section of these bytes, of which the last four become the right checksum."""
        return data[:-4] + struct.pack("<I", zlib.crc32(data[:-4]))

    def with_byte(at: int, new: int) -> bytes:
        return with_poses(lambda p: checked(p[:at] + bytes([new]) + p[at + 1 :]))

    yield "poses-coding", "this reader knows poses there", with_poses(bytes, coding=0)
    yield "poses-empty", "0 bytes, and the head alone takes 3", with_poses(lambda _: b"")
    yield "poses-kind-zero", "poses of the kind 0, and kinds are 1 to 3", with_byte(0, 0)
    yield "poses-kind-four", "poses of the kind 4, and kinds are 1 to 3", with_byte(0, 4)
    yield "poses-width-zero", "coordinates of 0 bytes, and they have 1 to 6", with_byte(1, 0)
    yield "poses-width-seven", "coordinates of 7 bytes, and they have 1 to 6", with_byte(1, 7)
    yield "poses-exponent", "a spacing of 2^-65", with_byte(2, 256 - 65)
    yield "poses-short", "and the poses of 2 clouds take", with_poses(lambda p: checked(p[:-1]))
    yield "poses-long", "and the poses of 2 clouds take", with_poses(lambda p: checked(p + bytes(8)))
    yield "poses-other-kind", "and the poses of 2 clouds take", with_byte(0, 2)
    yield "poses-crc", "CRC-32 is", with_poses(lambda p: p[: HEAD + 1] + bytes([p[HEAD + 1] ^ 1]) + p[HEAD + 2 :])
    yield "poses-turn", "more than half a turn", with_byte(HEAD + 3 * width + 1, 0x7F)
