"""The codings, by the identifier that the section table stores (formats/qaad-1.md, "Codings").

Codings 0 to 2 turn any array of numbers into bytes, and are records here: a new one is a few functions and a line. The
others code a section as a whole, and are only named here. An identifier never gets a second meaning.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from qaadcodec.archive.coding import uniform
from qaadcodec.arrays import Longs, Singles
from qaadcodec.errors import ArchiveError, UsageError

Shapes = Sequence[tuple[str, tuple[int, ...]]]
"""Names and shapes of arrays, in the order of the file."""


class Coding(NamedTuple):
    """One way to store arrays of float32.

    Attributes:
        id: what the section table stores.
        name: what people see.
        encode: from an array and the bits of a number to bytes; codings without a choice of bits do not use them.
        decode: from bytes that begin with an array's, and its shape, to the array and the number of bytes that it took.
        least: from the numbers and rows of arrays to the least bytes that each can take.
    """

    id: int
    name: str
    encode: Callable[[Singles, int], bytes]
    decode: Callable[[memoryview, tuple[int, ...]], tuple[Singles, int]]
    least: Callable[[Longs, Longs], Longs]


def _float_coding(id: int, name: str, dtype: str) -> Coding:
    kind = np.dtype(dtype)

    def encode(values: Singles, bits: int) -> bytes:
        largest = float(np.abs(values).max(initial=0))
        if largest > float(np.finfo(kind).max):
            raise UsageError(f"{largest:g} is beyond the range of {name}")
        return values.astype(kind).tobytes()

    def decode(data: memoryview, shape: tuple[int, ...]) -> tuple[Singles, int]:
        size = math.prod(shape) * kind.itemsize
        if size > len(data):
            raise ArchiveError(f"{math.prod(shape)} values of {name} need {size} bytes, and {len(data)} are left")
        values = np.frombuffer(data[:size], dtype=kind).astype(np.float32).reshape(shape)
        if not np.isfinite(values).all():
            raise ArchiveError(f"value {int(np.argmin(np.isfinite(values)))} is not finite")
        return values, size

    return Coding(id, name, encode, decode, lambda count, rows: count * kind.itemsize)


FLOAT32 = _float_coding(0, "float32", "<f4")
FLOAT16 = _float_coding(1, "float16", "<f2")
UNIFORM = Coding(2, "uniform", uniform.encode, uniform.decode, uniform.least)
CODINGS = {coding.id: coding for coding in (FLOAT32, FLOAT16, UNIFORM)}
DEFLATE_ID = 3  # text, not numbers: the names section
ENTROPY_ID = 4  # all weights in one stream, or the latents of a block
POINTS_ID = 5  # the input cloud, as sets of points
POSES_ID = 6  # the poses of the clouds
NAMES_OF_OTHERS = {DEFLATE_ID: "deflate", ENTROPY_ID: "entropy", POINTS_ID: "points", POSES_ID: "poses"}


def coding_name(id: int) -> str:
    """What people see for a coding, known or not."""
    return CODINGS[id].name if id in CODINGS else NAMES_OF_OTHERS.get(id, f"coding {id}")


def by_name(name: str) -> Coding:
    """The coding of that name, one of 0 to 2.

    Raises:
        UsageError: there is none; the message lists the names.
    """
    for coding in CODINGS.values():
        if coding.name == name:
            return coding
    raise UsageError(f"unknown coding {name!r}; codings are {', '.join(c.name for c in CODINGS.values())}")


def encode_arrays(arrays: Iterable[tuple[str, Singles]], coding: Coding, bits: int) -> bytes:
    """Named arrays, one after another.

    Raises:
        UsageError: an array, which is named, holds NaN or infinity; or a value is out of the coding's range.
    """
    encoded = []
    for name, values in arrays:
        if not np.isfinite(values).all():
            raise UsageError(f"{name} holds values that are not finite, and cannot be stored")
        encoded.append(coding.encode(values, bits))
    return b"".join(encoded)


def decode_arrays(data: bytes, shapes: Shapes, coding: Coding) -> dict[str, Singles]:
    """The inverse of `encode_arrays`.

    Raises:
        ArchiveError: an array, which is named, is damaged, or bytes are left over.
    """
    view, arrays = memoryview(data), {}
    for name, shape in shapes:
        try:
            arrays[name], used = coding.decode(view, shape)
        except ArchiveError as error:
            raise ArchiveError(f"{name}, {len(data) - len(view)} bytes in: {error}") from error
        view = view[used:]
    if len(view):
        raise ArchiveError(f"{len(view)} of {len(data)} bytes are left over behind the last array")
    return arrays
