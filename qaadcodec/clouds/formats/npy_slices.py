"""Parts of an array that lies in a file, read without mapping the file: one that shrinks is an error, not a crash."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.opening import read_bytes

Span: TypeAlias = tuple[int, int]
"""first index along an axis, and the one behind the last"""

_BLOCK = 1 << 16  # bytes of whole rows that are read at once
_SHORT_ROW = 1 << 15  # bytes of a row that is read as a whole, whatever is wanted of it
_MUCH = 8  # so is a longer one of which at least an eighth is wanted


def read_slices(
    stream: BinaryIO, shape: tuple[int, ...], dtype: np.dtype[Any], fortran: bool, index: tuple[slice, ...]
) -> npt.NDArray[Any]:
    """A part of the array whose first byte is next in the stream, in C order.

    Args:
        fortran: whether the first index varies fastest in the file.
        index: slices without a step along the first axes; the others are whole.

    Raises:
        OSError: the stream ends within the part.
    """
    whole = (*index, *(slice(None),) * (len(shape) - len(index)))
    spans = [(a, max(a, b)) for a, b, _ in (each.indices(n) for each, n in zip(whole, shape, strict=True))]
    if fortran:
        shape, spans = shape[::-1], spans[::-1]
    part: npt.NDArray[Any] = np.empty([b - a for a, b in spans], dtype)
    if part.size:
        _fill(part, stream, stream.tell(), shape, spans)
    return np.ascontiguousarray(part.T) if fortran else part


def _fill(part: npt.NDArray[Any], stream: BinaryIO, at: int, shape: tuple[int, ...], spans: Sequence[Span]) -> None:
    """Read a part of the array in C order that begins at a byte of the stream."""
    (first, end), inner = spans[0] if spans else (0, 1), spans[1:]
    row = math.prod(shape[1:]) * part.dtype.itemsize
    wanted = part[0].nbytes if spans else row
    if wanted < row and row > max(_SHORT_ROW, _MUCH * wanted):
        for i in range(first, end):
            _fill(part[i - first], stream, at + i * row, shape[1:], inner)
        return
    others = tuple(slice(a, b) for a, b in inner)
    together = max(1, _BLOCK // row)
    for i in range(first, end, together):
        j = min(end, i + together)
        stream.seek(at + i * row)
        block = read_bytes(stream, (j - i) * row).view(part.dtype).reshape(j - i, *shape[1:])
        part[i - first : j - first] = block[(slice(None), *others)]
