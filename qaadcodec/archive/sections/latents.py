"""The latents section: independent blocks behind a directory (formats/qaad-1.md, "LATS").

To read one cloud takes the directory and one block, each of which has a CRC-32 of its own. Clouds can be added without
touching the blocks that are there.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from qaadcodec.archive.coding.codings import Coding, decode_arrays, encode_arrays
from qaadcodec.archive.sections.prior import Prior
from qaadcodec.arrays import Integers, Longs, Singles
from qaadcodec.errors import ArchiveError

BLOCK_CLOUDS = 64  # in a block that is written; one that is read may have up to 65535

# In codings 0 to 2 a row of a block's array is a latent dimension, so that each dimension has its own exponent. With
# fewer clouds than this, a row is a cloud: exponents of dimensions would take more than an eighth of 8-bit numbers.
TRANSPOSED_FROM = 8

BLOCK_COUNT = struct.Struct("<I")
CRC = struct.Struct("<I")
ENTRY = np.dtype([("clouds", "<u2"), ("length", "<u4"), ("crc32", "<u4")])


class Directory(NamedTuple):
    """Where the B blocks are.

    Attributes:
        first: index of the first cloud of each block, and N at the end: (B + 1,).
        offsets: the byte where each block starts, counted from the start of the section, and at the end the section's
            length: (B + 1,).
        crc32: checksum of each block: (B,).
        own_crc32: checksum of the directory itself and of the prior before it.
    """

    first: Longs
    offsets: Longs
    crc32: Integers
    own_crc32: int

    def __len__(self) -> int:
        return len(self.crc32)


def block_shape(clouds: int, latent_size: int) -> tuple[int, int]:
    """The shape of a block's array in codings 0 to 2."""
    return (latent_size, clouds) if clouds >= TRANSPOSED_FROM else (clouds, latent_size)


def encode_blocks(latents: Singles, coding: Coding | Prior, bits: int = 0) -> list[tuple[int, bytes]]:
    """Latents (n, l) as blocks: the number of clouds in each, and its bytes. A prior does not use the bits."""
    blocks = []
    for start in range(0, len(latents), BLOCK_CLOUDS):
        rows = latents[start : start + BLOCK_CLOUDS]
        if isinstance(coding, Prior):
            blocks.append((len(rows), coding.encode(rows)))
            continue
        array = np.ascontiguousarray(rows.T if len(rows) >= TRANSPOSED_FROM else rows)
        blocks.append((len(rows), encode_arrays([("latents", array)], coding, bits)))
    return blocks


def decode_block(data: bytes, clouds: int, latent_size: int, coding: Coding | Prior) -> Singles:
    """Latents (clouds, l) of one block.

    Raises:
        ArchiveError: what is wrong in it.
    """
    if isinstance(coding, Prior):
        return coding.decode(data, clouds)
    array = decode_arrays(data, [("latents", block_shape(clouds, latent_size))], coding)["latents"]
    return array.T if clouds >= TRANSPOSED_FROM else array


def assemble_blocks(blocks: Sequence[tuple[int, bytes]], prior: bytes = b"") -> bytes:
    """The section from its blocks: in coding 4 the prior, then the directory, the CRC-32 of both, and the blocks."""
    entries = np.array([(clouds, len(data), zlib.crc32(data)) for clouds, data in blocks], dtype=ENTRY)
    directory = prior + BLOCK_COUNT.pack(len(blocks)) + entries.tobytes()
    return b"".join((directory, CRC.pack(zlib.crc32(directory)), *(data for _, data in blocks)))


def directory_size(start: bytes, section_length: int) -> int:
    """Bytes of prior, directory and CRC-32, from the first bytes of the section up to and with the number of blocks.

    Raises:
        ArchiveError: the section is shorter than that.
    """
    (count,) = BLOCK_COUNT.unpack(start[-BLOCK_COUNT.size :])
    size: int = len(start) + count * ENTRY.itemsize + CRC.size
    if size > section_length:
        raise ArchiveError(f"a directory of {count} blocks takes {size} bytes, and the section has {section_length}")
    return size


def parse_directory(data: bytes, section_length: int, clouds: int, prior_size: int = 0) -> Directory:
    """The directory from its bytes. Where a prior comes first, the CRC-32 covers it too, but it is not read here.

    Raises:
        ArchiveError: the directory is damaged, or does not fit the section or N.
    """
    (stored,) = CRC.unpack_from(data, len(data) - CRC.size)
    computed = zlib.crc32(data[: -CRC.size])
    if computed != stored:
        raise ArchiveError(f"CRC-32 of the directory is {computed:08x}, stored is {stored:08x}")
    entries = np.frombuffer(data[prior_size + BLOCK_COUNT.size : -CRC.size], dtype=ENTRY)
    first = np.concatenate([[0], np.cumsum(entries["clouds"], dtype=np.int64)])
    offsets = len(data) + np.concatenate([[0], np.cumsum(entries["length"], dtype=np.int64)])
    if first[-1] != clouds or not entries["clouds"].all():
        raise ArchiveError(f"{len(entries)} blocks hold {first[-1]} clouds, and the header says {clouds}")
    if offsets[-1] != section_length:
        raise ArchiveError(f"its blocks end at byte {offsets[-1]} of {section_length}")
    return Directory(first, offsets, entries["crc32"].astype(np.uint32), stored)


def check_lengths(directory: Directory, latent_size: int, coding: Coding) -> None:
    """Check that every block is long enough for its numbers; the bytes of the section then bound N times l.

    Raises:
        ArchiveError: the first block that is too short.
    """
    clouds, lengths = np.diff(directory.first), np.diff(directory.offsets)
    least = coding.least(clouds * latent_size, np.where(clouds >= TRANSPOSED_FROM, latent_size, clouds))
    if np.any(short := lengths < least):
        block = int(np.argmax(short))
        raise ArchiveError(
            f"block {block} of {clouds[block]} clouds has {lengths[block]} bytes, and {clouds[block] * latent_size} "
            f"values of {coding.name} take at least {least[block]}"
        )
