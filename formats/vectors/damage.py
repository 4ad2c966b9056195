"""Damages an archive in every way that a reader has to notice, with one fault per file."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Callable, Iterator

from qaadcodec.archive import ArchiveReader
from qaadcodec.archive.frame import assemble

Sections = dict[str, tuple[int, bytes]]


def parts(data: bytes) -> tuple[bytes, Sections]:
    """Header and sections of a file."""
    with ArchiveReader(io.BytesIO(data)) as reader:
        return reader.frame.header, {s.tag: (s.coding, reader.raw_section(s)) for s in reader.sections}


def joined(header: bytes, sections: Sections) -> bytes:
    """A file of any header and sections, with the right checksums."""
    return b"".join(assemble(header, [(tag, coding, payload) for tag, (coding, payload) in sections.items()]))


def deflated(text: bytes, length: int | None = None) -> bytes:
    """A names section that inflates to `text`, and says that this has `length` bytes."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return struct.pack("<I", len(text) if length is None else length) + deflater.compress(text) + deflater.flush()


def damaged(plain: bytes, spare: bytes, wide: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Name, text that qaadcodec's message has to contain, and bytes of each damaged file.

    Args:
        plain: the file that is damaged.
        spare: a file of one cloud, whose latents leave spare bits in their last byte.
        wide: a file of one cloud, whose latents have 4096 numbers.
    """
    header, sections = parts(plain)
    table = 20 + len(header)

    def patched(at: int, new: bytes) -> bytes:
        return plain[:at] + new + plain[at + len(new) :]

    def with_header(old: bytes, new: bytes) -> bytes:
        assert header.count(old) == 1, old
        return joined(header.replace(old, new), sections)

    def with_section(tag: str, change: Callable[[bytes], bytes], coding: int | None = None) -> bytes:
        was, payload = sections[tag]
        return joined(header, sections | {tag: (was if coding is None else coding, change(payload))})

    def with_directory(*entries: tuple[int, int, int], blocks: bytes) -> bytes:
        directory = struct.pack("<I", len(entries)) + b"".join(struct.pack("<HII", *e) for e in entries)
        return with_section("LATS", lambda _: directory + struct.pack("<I", zlib.crc32(directory)) + blocks)

    def with_names(text: bytes, length: int | None = None) -> bytes:
        return with_section("NAME", lambda _: deflated(text, length))

    block = sections["LATS"][1][18:]
    crc = zlib.crc32(block)
    at = {tag: plain.index(payload) for tag, (_, payload) in sections.items()}

    yield "empty", "the file is empty", b""
    yield "other-file", "not a .qaad container", b"ply\nformat binary_little_endian 1.0\n"
    yield "text-mode", "transfer it as binary", plain.replace(b"\r\n", b"\n")
    yield "newer-version", "format version 2.0", patched(8, b"\x02")
    yield "header-cap", "the most is 65536", patched(12, struct.pack("<I", 65537))
    yield "header-crc", "header at byte 20", patched(25, b"~")
    yield "header-text", "is not JSON", joined(b"clouds: 2", sections)
    yield "header-utf8", "is not UTF-8", with_header(b"make.py", b"\xff\xfe")
    yield "header-bom", "is not JSON: Unexpected UTF-8 BOM", joined(b"\xef\xbb\xbf" + header, sections)
    yield "header-utf16", "is not JSON", joined(header.decode().encode("utf-16-le"), sections)
    yield "header-list", "not an object", joined(b"[]", sections)
    yield "header-twice", "has the key 'clouds' twice", with_header(b'"clouds":2', b'"clouds":2,"clouds":3')
    yield "header-nan", "not finite", with_header(b'"scale":2.0', b'"scale":NaN')
    yield "header-infinite", "not finite", with_header(b'"scale":2.0', b'"scale":1e999')
    yield (
        "header-deep",
        "nests more than 4 deep",
        with_header(b'"clouds":2', b'"a":' + b"[" * 30000 + b"]" * 30000 + b',"clouds":2'),
    )
    yield "header-digits", "9000 digits", with_header(b'"clouds":2', b'"clouds":' + b"9" * 9000)
    yield "header-missing", "has no scale", with_header(b'"scale":2.0,', b"")
    yield "header-clouds", "clouds is 0", with_header(b'"clouds":2', b'"clouds":0')
    yield "header-patches", "patches is 7", with_header(b'"patches":2', b'"patches":7')
    yield "header-scale", "scale is 0", with_header(b'"scale":2.0', b'"scale":0')
    yield (
        "header-scale-true",
        "scale is True, and must be a finite number",
        with_header(b'"scale":2.0', b'"scale":true'),
    )
    yield "header-offset", "offset is 5, and must be a point", with_header(b'"offset":[', b'"offset":5,"was":[')
    yield "header-offset-one", "offset is [1], and must be a point", with_header(b'"offset":[', b'"offset":[1],"was":[')
    yield "header-bounds", "bounds is 5, and must be two points", with_header(b'"bounds":[', b'"bounds":5,"was":[')
    yield (
        "header-bounds-order",
        "and must be least corner first",
        with_header(b'"bounds":[[-1.0,', b'"bounds":[[4.0,'),
    )
    yield "header-latent", "latent size is 4097", with_header(b'"latent_size":2', b'"latent_size":4097')
    yield "header-widths", "network's shared_widths is 5", with_header(b'"shared_widths":[4]', b'"shared_widths":5')
    yield "header-network-number", "network is 5, and", with_header(b'"network":{', b'"network":5,"was":{')
    yield "header-network", "lacks some: film", with_header(b'"film":true,', b"")
    yield "table-crc", "section table at byte", patched(table + 3, b"X")
    yield "table-count", "0 sections", patched(table, b"\0\0")
    yield (
        "table-twice",
        "stands twice",
        b"".join(assemble(header, [(t, c, p) for t, (c, p) in sections.items()] + [("NAME", *sections["NAME"])])),
    )
    yield "section-unknown", "section XTRA", joined(header, sections | {"XTRA": (0, b"")})
    yield "section-missing", "has no section INPT", joined(header, {t: v for t, v in sections.items() if t != "INPT"})
    yield "section-coding", "coding 9", with_section("WGTS", bytes, coding=9)
    yield "weights-crc", "section WGTS", patched(at["WGTS"] + 9, b"\x55")
    yield "weights-short", "are left", with_section("WGTS", lambda p: p[:-1])
    yield "weights-long", "left over", with_section("WGTS", lambda p: p + b"\0")
    yield "weights-bits", "17 bits a value", with_section("WGTS", lambda p: b"\x11" + p[1:])
    yield "weights-exponent", "an exponent is -128", with_section("WGTS", lambda p: p[:1] + b"\x80" + p[2:])
    yield (
        "weights-infinite",
        "is not finite",
        joined(header, sections | {"INPT": (1, struct.pack("<18e", *[0.0] * 17, math.inf))}),
    )
    yield "points-many", "are left", with_header(b'"points":6', b'"points":1048576')
    yield "caps-clouds", "16777216 clouds, and in ", with_header(b'"clouds":2', b'"clouds":16777216')
    many = header.replace(b'"points":6', b'"points":16777216').replace(b'"shared_widths":[4]', b'"shared_widths":[64]')
    yield "caps-steps", " steps to decode a cloud, and in ", joined(many, sections)
    yield "latents-directory", "CRC-32 of the directory", with_section("LATS", lambda p: p[:4] + b"\x03" + p[5:])
    yield "latents-count", "1 blocks hold 3 clouds", with_directory((3, len(block), crc), blocks=block)
    yield "latents-huge", "a directory of 4294967295 blocks", with_section("LATS", lambda p: b"\xff" * 4 + p[4:])
    yield "latents-block-crc", "block 0", with_directory((2, len(block), crc ^ 1), blocks=block)
    yield "latents-hole", "its blocks end at byte", with_directory((2, len(block), crc), blocks=block + b"\0")
    wide_header, wide_sections = parts(wide)
    entries = b"".join(struct.pack("<HII", clouds, 0, 0) for clouds in [65535, 256])
    directory = struct.pack("<I", 2) + entries
    yield (
        "latents-thin",
        "block 0 of 65535 clouds has 0 bytes, and 268431360 values of float32 take at least 1073725440",
        joined(
            wide_header.replace(b'"clouds":1', b'"clouds":65791'),
            wide_sections | {"LATS": (0, directory + struct.pack("<I", zlib.crc32(directory)))},
        ),
    )
    spare_header, spare_sections = parts(spare)
    lone = spare_sections["LATS"][1][18:-1] + bytes([spare_sections["LATS"][1][-1] | 1])
    directory = struct.pack("<IHII", 1, 1, len(lone), zlib.crc32(lone))
    yield (
        "latents-spare-bits",
        "are not zero",
        joined(
            spare_header, spare_sections | {"LATS": (2, directory + struct.pack("<I", zlib.crc32(directory)) + lone)}
        ),
    )
    yield "names-deflate", "cannot be inflated", with_section("NAME", lambda p: p[:4] + b"\xff" * 9)
    yield "names-cap", "would inflate to 67108865 bytes, and may to ", with_names(b"a\nb\n", 67108865)
    yield "names-bomb", "does not inflate to just the 4 bytes", with_names(b"a\nb\n" + bytes(1 << 20), 4)
    yield "names-few", "1 names, and the header says 2", with_names(b"a\n")
    yield "names-many", "2 bytes behind 2 names", with_names(b"a\nb\nc\n")
    yield "names-twice", "the same name 'a'", with_names(b"a\na\n")
    yield "names-empty", "name 1 is ''", with_names(b"a\n\n")
    yield "names-control", "no control characters", with_names(b"a\nb\x1b[2J\n")
    yield "names-utf8", "is not UTF-8", with_names(b"a\n\xff\n")
    yield "counts-zero", "cloud 1 has 0 points", with_names(b"a\nb\n" + bytes([5, 0, 0, 0, 0, 0, 0, 0]))
    yield "trailer-length", "trailer at byte", patched(len(plain) - 12, b"\x01")
    yield "trailer-magic", "trailer at byte", patched(len(plain) - 4, b"DONE")
    yield "cut", "1 are missing", plain[:-1]
    yield "cut-in-table", "needs", plain[: table + 10]
    yield "appended", "1 too many", plain + b"\n"
