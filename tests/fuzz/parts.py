"""Files taken apart into pieces and put together again, with lengths and checksums that fit whatever the pieces became.

Without this, nearly every changed input would be refused for its checksum, and nothing behind that would be tried.
"""

from __future__ import annotations

import gzip
import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

MOST_UNPACKED = 1 << 20


class Parts(NamedTuple):
    """The pieces of a file, and what makes a file of as many pieces."""

    pieces: list[bytes]
    join: Callable[[list[bytes]], bytes]


Splitter = Callable[[bytes], Parts | None]
"""Takes a file apart; None where it is too damaged for that"""


def change_a_piece(data: bytes, splitters: Sequence[Splitter], change: Callable[[bytes], bytes], pick: int) -> bytes:
    """The file with one of its pieces changed.

    Args:
        splitters: the first takes the file apart, the second the piece, and so on.
        pick: any number; it decides which piece.
    """
    parts = splitters[0](data) if splitters else None
    if parts is None:
        return change(data)
    pieces = list(parts.pieces)
    pick, which = divmod(pick, len(pieces))
    pieces[which] = change_a_piece(pieces[which], splitters[1:], change, pick)
    return parts.join(pieces)


@lru_cache(512)  # inputs that are changed come again and again
def zipped(data: bytes) -> Parts | None:
    """The names of the members, one a line, and the members."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if not infos or sum(info.file_size for info in infos) > MOST_UNPACKED:
                return None
            members = [archive.read(info) for info in infos]
    except Exception:  # whatever a damaged one raises
        return None
    known = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    kinds = [info.compress_type if info.compress_type in known else zipfile.ZIP_STORED for info in infos]

    def join(pieces: list[bytes]) -> bytes:
        stream = io.BytesIO()
        names = pieces[0].decode("utf-8", "replace").replace("\0", "").split("\n")
        with zipfile.ZipFile(stream, "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that are there twice
            for i, member in enumerate(pieces[1:]):
                name = names[i] if i < len(names) else str(i)
                archive.writestr(zipfile.ZipInfo(name or "-"), member, kinds[i])
        return stream.getvalue()

    return Parts(["\n".join(info.filename for info in infos).encode("utf-8", "replace"), *members], join)


def gzipped(data: bytes) -> Parts | None:
    """What is packed; the file itself where it is not packed."""
    if data[:2] != b"\x1f\x8b":
        return Parts([data], lambda pieces: pieces[0])
    try:
        inside = zlib.decompressobj(31).decompress(data, MOST_UNPACKED)
    except zlib.error:
        return None
    return Parts([inside], lambda pieces: gzip.compress(pieces[0], mtime=0))


def npy(data: bytes) -> Parts | None:
    """Header and numbers; the header's length is mended."""
    if data[:6] != b"\x93NUMPY" or len(data) < 10:
        return None
    start, end = 10, 10 + int.from_bytes(data[8:10], "little")

    def join(pieces: list[bytes]) -> bytes:
        header, numbers = pieces
        return data[:8] + min(len(header), 65535).to_bytes(2, "little") + header[:65535] + numbers

    return Parts([data[start:end], data[end:]], join)


def glb(data: bytes) -> Parts | None:
    """The chunks; all lengths are mended."""
    if data[:4] != b"glTF":
        return None
    kinds, chunks, at = [], [], 12
    while at + 8 <= len(data):
        size, kind = struct.unpack_from("<I4s", data, at)
        kinds.append(kind)
        chunks.append(data[at + 8 : at + 8 + size])
        at += 8 + size

    def join(pieces: list[bytes]) -> bytes:
        body = b""
        for kind, piece in zip(kinds, pieces, strict=True):
            piece += (b" " if kind == b"JSON" else b"\0") * (-len(piece) % 4)
            body += struct.pack("<I4s", len(piece), kind) + piece
        return b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body

    return Parts(chunks, join) if chunks else None


_PAGE = 1020  # bytes of a page of E57, before its checksum


def e57(data: bytes) -> Parts | None:
    """The pages as one piece, without their checksums (CRC-32C, ASTM E2807, 7.2)."""
    pages = [data[at : at + _PAGE] for at in range(0, len(data), _PAGE + 4)]

    def join(pieces: list[bytes]) -> bytes:
        (whole,) = pieces
        pages = np.frombuffer(whole.ljust(-(-len(whole) // _PAGE) * _PAGE, b"\0"), np.uint8).reshape(-1, _PAGE)
        return np.hstack([pages, crc32c(pages).astype(">u4")[:, None].view(np.uint8)]).tobytes()

    return Parts([b"".join(pages)], join)


def crc32c(pages: np.ndarray) -> np.ndarray:
    """CRC-32 with the polynomial of Castagnoli, least significant bit first (RFC 3720, 12.1), of rows of bytes.

    A checksum is the XOR of what each byte adds at its place, so that no loop over the bytes is needed. That it begins
    with all bits set is the same as turning the first four bytes.

    Args:
        pages: (P, B) uint8, B of 4 or more.

    Returns:
        (P,) uint32.
    """
    size = pages.shape[1]
    turned = pages ^ np.where(np.arange(size) < 4, 255, 0).astype(np.uint8)
    return ~np.bitwise_xor.reduce(_added(size)[np.arange(size), turned], axis=1)


@cache
def _added(size: int) -> np.ndarray:
    """What each value of each byte adds to the checksum of so many, (size, 256) uint32."""
    last = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        last = last >> 1 ^ 0x82F63B78 * (last & 1)
    added = np.empty((size, 256), np.uint32)
    added[-1] = last
    for at in range(size - 2, -1, -1):  # a byte further on
        added[at] = added[at + 1] >> 8 ^ last[added[at + 1] & 255]
    return added


_PREAMBLE = struct.Struct("<8sHHII")
_ENTRY = struct.Struct("<4sHQI")
_BLOCK = struct.Struct("<HII")
_KIND = 6  # bytes of tag and coding


def archive(data: bytes) -> Parts | None:
    """The header of a .qaad file; tag and coding of every section; the sections. All checksums are mended."""
    try:
        magic, major, minor, length, _ = _PREAMBLE.unpack_from(data)
        table = _PREAMBLE.size + length
        (count,) = struct.unpack_from("<H", data, table)
        entries = [_ENTRY.unpack_from(data, table + 2 + _ENTRY.size * i) for i in range(count)]
    except struct.error:
        return None
    kinds = b"".join(tag + coding.to_bytes(2, "little") for tag, coding, *_ in entries)
    pieces, at = [data[_PREAMBLE.size : table], kinds], table + 2 + _ENTRY.size * count + 4
    for _, _, size, _ in entries:
        pieces.append(data[at : at + size])
        at += size
    return Parts(pieces, lambda pieces: _archive((magic, major, minor), *pieces))


def _archive(start: tuple[bytes, int, int], header: bytes, kinds: bytes, *sections: bytes) -> bytes:
    kinds = kinds.ljust(_KIND * len(sections), b"\0")
    table, body = struct.pack("<H", len(sections)), b""
    for i, section in enumerate(sections):
        tag, coding = struct.unpack_from("<4sH", kinds, _KIND * i)
        if tag == b"LATS":
            section = _latents(section, 1 + 5 * _number(header, b"latent_size") if coding == 4 else 0)
        elif tag == b"POSE":
            section = _poses(section, _number(header, b"clouds"))
        table += _ENTRY.pack(tag, coding, len(section), zlib.crc32(section))
        body += section
    magic, major, minor = start
    preamble = _PREAMBLE.pack(magic, major, minor, len(header), 0)[:16]
    crc = zlib.crc32(preamble + header).to_bytes(4, "little")
    whole = preamble + crc + header + table + zlib.crc32(table).to_bytes(4, "little") + body
    return whole + struct.pack("<Q4s", len(whole) + 12, b"QEND")


def _number(header: bytes, key: bytes) -> int:
    found = re.search(rb'"%s":(\d{1,8})' % key, header)
    return int(found[1]) if found else 0


def _latents(section: bytes, directory: int) -> bytes:
    """The section with the checksums of its blocks and of their directory, which starts there."""
    count = int.from_bytes(section[directory : directory + 4], "little")
    end = directory + 4 + _BLOCK.size * count
    if end + 4 > len(section):
        return section
    entries, at = section[: directory + 4], end + 4
    for clouds, length, _ in _BLOCK.iter_unpack(section[directory + 4 : end]):
        entries += _BLOCK.pack(clouds, length, zlib.crc32(section[at : at + length]))
        at += length
    return entries + zlib.crc32(entries).to_bytes(4, "little") + section[end + 4 :]


def _poses(section: bytes, clouds: int) -> bytes:
    """The section with the checksums of its groups of 64 clouds."""
    if len(section) < 3:
        return section
    size = 3 * section[1] + {2: 6, 3: 8}.get(section[0], 0)
    out, at = section[:3], 3
    while clouds > 0 and at < len(section):
        group = section[at : at + size * min(clouds, 64)]
        out += group + zlib.crc32(section[:3] + group).to_bytes(4, "little")
        at += len(group) + 4
        clouds -= 64
    return out + section[at:]
