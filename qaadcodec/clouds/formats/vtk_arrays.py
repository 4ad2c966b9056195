"""Arrays in the XML files of VTK: as text, in base64 or appended, packed in blocks or not."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.formats.rows import number
from qaadcodec.clouds.packed import check_claim
from qaadcodec.errors import CloudError

_TYPES = {f"{sign}Int{8 * size}": f"{'u' if sign else 'i'}{size}" for sign in ("", "U") for size in (1, 2, 4, 8)}
_TYPES |= {"Float32": "f4", "Float64": "f8"}
_LZMA_BYTES = 1 << 26  # that unpacking may take: VTK asks for 9
_PLAIN = "save it again without LZ4: in ParaView, Compressor Type ZLib or None"

Bytes: TypeAlias = bytes | memoryview
Unpack: TypeAlias = Callable[[Bytes, int], bytes]


class DataArray(NamedTuple):
    """An array: the attributes of its element, and the pieces of its text."""

    given: dict[str, str]
    text: list[str]


@dataclass(slots=True)
class Taken:
    """Bytes that were taken of a file of so many."""

    size: int
    taken: int = 0

    def more(self, size: int, label: str) -> None:
        """Take more; CloudError where they are more than the file may unpack to."""
        self.taken += size
        check_claim(self.taken, self.size, label)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the arrays of a file are written.

    Attributes:
        order: "<" or ">".
        header: the type of the lengths in front of binary data.
        unpack: unpacks a block to at most so many bytes; None where nothing is packed.
        raw: whether appended data is bytes as they are; in base64 otherwise.
        appended: the appended data behind its underscore.
        taken: how many bytes the arrays have taken so far, which may lie in the same place.
    """

    order: str
    header: np.dtype[Any]
    unpack: Unpack | None
    raw: bool
    appended: memoryview
    label: str
    taken: Taken

    @classmethod
    def of(cls, given: dict[str, str], appended_as: str, appended: memoryview, size: int, label: str) -> Self:
        """The encoding that the attributes of a file say; CloudError for one that is not read."""
        order = {"LittleEndian": "<", "BigEndian": ">"}.get(given.get("byte_order", "LittleEndian"))
        header = {"UInt32": "u4", "UInt64": "u8"}.get(given.get("header_type", "UInt32"))
        if order is None or header is None:
            raise CloudError(f"{label}: has a byte order or header type that is not known")
        compressor = given.get("compressor", "")
        unpackers = {"": None, "vtkZLibDataCompressor": _inflate, "vtkLZMADataCompressor": _unpack_lzma}
        if compressor not in unpackers:
            raise CloudError(f"{label}: is packed by {compressor[:40]!r}, which qaad does not read", hint=_PLAIN)
        dtype = np.dtype(order + header)
        return cls(order, dtype, unpackers[compressor], appended_as == "raw", appended, label, Taken(size))


def values_of(array: DataArray, count: int, encoding: Encoding) -> npt.NDArray[Any]:
    """So many numbers of an array.

    Raises:
        CloudError: it has another number of them, is damaged, or has something else in their place.
    """
    label, name = encoding.label, array.given.get("Name", "points")
    where = f"{label}: array {name[:40]!r}"
    if (kind := _TYPES.get(array.given.get("type", ""))) is None:
        raise CloudError(f"{where} is of type {array.given.get('type', '')[:40]!r}, which holds no numbers")
    dtype = np.dtype(encoding.order + kind)
    form = array.given.get("format", "ascii")
    if form == "ascii":
        tokens = "".join(array.text).split()
        if len(tokens) != count:
            raise CloudError(f"{where} has {len(tokens)} of {count} numbers")
        try:
            return np.array(list(map(float, tokens))).astype(dtype)
        except ValueError:
            return np.array([number(token, f"{where}, number {i}") for i, token in enumerate(tokens)])
    size = count * dtype.itemsize
    encoding.taken.more(size, label)
    try:
        if form == "appended":
            data = encoding.appended[int(array.given["offset"]) :]
            got = _raw(data, size, encoding) if encoding.raw else _in_base64(data, size, encoding)
        else:
            text = "".join(array.text).strip().encode("ascii")
            got = _in_base64(memoryview(text), size, encoding)
    except CloudError as error:
        raise CloudError(f"{where} {error}") from error
    except Exception as error:  # zlib, lzma, base64 and numpy have their own
        raise CloudError(f"{where} is truncated or damaged: {error}") from error
    return np.frombuffer(got, dtype)


def _raw(data: memoryview, size: int, encoding: Encoding) -> Bytes:
    """The bytes of an array that lies there as it is, behind its header."""
    step = encoding.header.itemsize
    if encoding.unpack is None:
        _check(int(np.frombuffer(data, encoding.header, 1)[0]), size)
        return _whole(data[step : step + size], size)
    blocks = int(np.frombuffer(data, encoding.header, 1)[0])
    _check_blocks(blocks, len(data), step)
    header = np.frombuffer(data, encoding.header, 3 + blocks)
    return _unpacked(header, data[header.nbytes :], size, encoding.unpack)


def _in_base64(data: memoryview, size: int, encoding: Encoding) -> Bytes:
    """The bytes of an array in base64: of a packed one, the header is coded by itself."""
    step = encoding.header.itemsize
    first = int(np.frombuffer(_decoded(data[: _coded(step)])[:step], encoding.header)[0])
    if encoding.unpack is None:
        _check(first, size)
        return _whole(_decoded(data[: _coded(step + size)])[step : step + size], size)
    _check_blocks(first, len(data), step)
    end = _coded((3 + first) * step)
    header = np.frombuffer(_decoded(data[:end])[: (3 + first) * step], encoding.header)
    packed = int(header[3:].sum())
    return _unpacked(header, _decoded(data[end : end + _coded(packed)]), size, encoding.unpack)


def _coded(size: int) -> int:
    """Characters of base64 that so many bytes take."""
    return 4 * -(-size // 3)


def _decoded(text: memoryview) -> memoryview:
    try:
        return memoryview(base64.b64decode(text, validate=True))
    except binascii.Error as error:
        raise CloudError(f"is truncated or damaged: {str(error).lower()}") from error


def _check(there: int, wanted: int) -> None:
    if there != wanted:
        raise CloudError(f"has {there} bytes, and should have {wanted}")


def _check_blocks(blocks: int, there: int, step: int) -> None:
    if blocks * step > there:
        raise CloudError(f"is truncated: it counts {blocks} blocks in {there} bytes")


def _whole(data: Bytes, size: int) -> Bytes:
    if len(data) < size:
        raise CloudError(f"is truncated: it has {len(data)} of {size} bytes")
    return data


def _unpacked(header: npt.NDArray[Any], data: memoryview, size: int, unpack: Unpack) -> bytes:
    """Blocks, all of one size but the last, one behind the other: header[1], header[2], packed sizes from [3] on."""
    blocks, full, last = (int(n) for n in header[:3])
    _check(blocks * full if not last else (blocks - 1) * full + last if blocks else 0, size)
    if blocks > size:
        raise CloudError(f"has {blocks} blocks for {size} bytes")
    parts, at = [], 0
    for i, packed in enumerate(map(int, header[3:])):
        wanted = last if last and i == blocks - 1 else full
        if at + packed > len(data):
            raise CloudError(f"is truncated: it ends within block {i} of {blocks}")
        part = unpack(data[at : at + packed], wanted)
        _check(len(part), wanted)
        parts.append(part)
        at += packed
    return b"".join(parts)


def _inflate(data: Bytes, most: int) -> bytes:
    return zlib.decompressobj().decompress(data, most)


def _unpack_lzma(data: Bytes, most: int) -> bytes:
    import lzma  # imported when such a file is met

    return lzma.LZMADecompressor(memlimit=_LZMA_BYTES).decompress(data, most)
