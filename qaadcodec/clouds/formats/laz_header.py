"""How a LAZ file says it is packed, checked before lazrs goes by it (LASzip specification, "Compressed record").

A count of 2^32 chunks makes lazrs ask for 64 GiB, and Rust ends the process where there is not as much.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from qaadcodec.errors import CloudError

_HEAD = struct.Struct("<HHBBHIIqqH")
_ITEM = struct.Struct("<HHH")
_ITEMS = {6: 20, 7: 8, 8: 6, 9: 29, 10: 30, 11: 6, 12: 8, 13: 29}  # bytes by type; 0 and 14 are extra bytes, any number
_EXTRA = (0, 14)
_VARIABLE = 2**32 - 1  # a chunk size that says that chunks differ


def check_packing(record: bytes, stream: BinaryIO, *, points: int, size: int, start: int, label: str) -> None:
    """Refuse a LAZ file whose record and chunk table do not add up; leaves the stream where it was.

    Args:
        record: the bytes of its "laszip encoded" record.
        points, size: how many points it declares, and bytes of one.
        start: where its points begin.

    Raises:
        CloudError: the message says what does not add up.
    """
    if len(record) < _HEAD.size:
        raise CloudError(f"{label}: is damaged: its record of LASzip has {len(record)} bytes")
    compressor, _, _, _, _, _, chunk, _, _, count = _HEAD.unpack_from(record)
    items = [_ITEM.unpack_from(record, at) for at in range(_HEAD.size, len(record) - _ITEM.size + 1, _ITEM.size)]
    known = all(kind in _EXTRA or _ITEMS.get(kind) == width for kind, width, _ in items)
    if compressor not in (1, 2, 3) or len(items) != count or not known or sum(w for _, w, _ in items) != size:
        raise CloudError(f"{label}: is damaged: its record of LASzip does not describe points of {size} bytes")
    if compressor == 1:
        return  # without chunks
    here = stream.tell()
    end = stream.seek(0, 2)
    table = _number(stream, start, "<q", label)
    if table == -1:  # written in one go: the place is at the end
        table = _number(stream, end - 8, "<q", label)
    if not start + 8 <= table <= end - 8:
        raise CloudError(f"{label}: is truncated or damaged: its chunk table should be at byte {table} of {end}")
    chunks = _number(stream, table + 4, "<I", label)
    stream.seek(here)
    expected = None if chunk == _VARIABLE else -(-points // chunk) if chunk else 0
    if chunks > points or (expected is not None and chunks != expected):
        raise CloudError(f"{label}: is damaged: it has {chunks} chunks for {points} points")


def _number(stream: BinaryIO, at: int, form: str, label: str) -> int:
    width = struct.calcsize(form)
    stream.seek(max(at, 0))
    data = stream.read(width)
    if len(data) < width:
        raise CloudError(f"{label}: is truncated: it ends before its chunk table")
    return int(struct.unpack(form, data)[0])
