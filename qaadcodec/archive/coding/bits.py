"""Signed integers of 2 to 16 bits, packed without gaps, most significant bit first (formats/qaad-1.md, "Uniform").

Eight values of b bits fill b bytes exactly. So eight operations on whole arrays, one per value of such a group, pack or
unpack any number of values.
"""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Ints
from qaadcodec.errors import ArchiveError


def packed_size(count: int, bits: int) -> int:
    """Bytes of `count` values of `bits` bits; zero bits fill up the last byte."""
    return (count * bits + 7) // 8


def pack(values: Ints, bits: int) -> bytes:
    """Pack values (n,) in two's complement; each is from -2^(bits-1) to 2^(bits-1) - 1."""
    groups = -(-values.size // 8)
    padded = np.zeros((groups, 8), dtype=np.uint32)
    padded.reshape(-1)[: values.size] = values.astype(np.uint32) & np.uint32((1 << bits) - 1)
    packed = np.zeros((groups, bits + 2), dtype=np.uint8)  # two spare columns: every value may touch three bytes
    for j in range(8):
        column, shift = divmod(j * bits, 8)
        word = padded[:, j] << np.uint32(24 - bits - shift)
        packed[:, column] |= (word >> np.uint32(16)).astype(np.uint8)
        packed[:, column + 1] |= (word >> np.uint32(8)).astype(np.uint8)
        packed[:, column + 2] |= word.astype(np.uint8)
    return packed[:, :bits].tobytes()[: packed_size(values.size, bits)]


def unpack(data: bytes, count: int, bits: int) -> Ints:
    """The inverse of `pack`: (count,) from exactly `packed_size(count, bits)` bytes.

    Raises:
        ArchiveError: the bits that fill up the last byte are not zero.
    """
    spare = len(data) * 8 - count * bits
    if spare and data[-1] & ((1 << spare) - 1):
        raise ArchiveError(f"the last {spare} bits of {count} packed values are not zero")
    if bits == 8:
        return np.frombuffer(data, dtype=np.int8).astype(np.int32)
    if bits == 16:
        return np.frombuffer(data, dtype=">i2").astype(np.int32)
    groups = -(-count // 8)
    packed = np.zeros((bits + 2, groups), dtype=np.uint32)
    filled = np.frombuffer(data.ljust(groups * bits, b"\0"), dtype=np.uint8).reshape(groups, bits)
    packed[:bits] = filled.T
    values = np.empty((groups, 8), dtype=np.int32)
    for j in range(8):
        column, shift = divmod(j * bits, 8)
        word = (packed[column] << np.uint32(16)) | (packed[column + 1] << np.uint32(8)) | packed[column + 2]
        word <<= np.uint32(8 + shift)  # the value's sign goes to bit 31, and the shift to the right extends it
        values[:, j] = word.view(np.int32) >> (32 - bits)
    return values.reshape(-1)[:count]
