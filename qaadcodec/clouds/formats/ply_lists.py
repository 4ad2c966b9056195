"""Binary PLY elements that have lists among their properties: the records of vertices, and where others end."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
from plyfile import PlyData, PlyElementParseError, PlyListProperty, PlyProperty

from qaadcodec.clouds.formats.ply_header import Element
from qaadcodec.clouds.opening import read_whole, remaining
from qaadcodec.errors import CloudError

TEXT_MODE = "a binary file that was copied in text mode looks like this; copy it again"


def read_binary_lists(stream: BinaryIO, element: Element, order: str, label: str) -> npt.NDArray[Any]:
    """The records of an element from a stream at the first of them; leaves it behind the last.

    plyfile reads them, one by one.

    Returns:
        a structured array of one field per property.

    Raises:
        CloudError: the stream ends before the last record; the message names the record.
    """
    form = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]
    try:
        whole = PlyData.read(_Headed(_header(form, element, element.properties), stream), mmap=False)
    except PlyElementParseError as error:
        raise truncated(element, int(error.row), label) from error
    records: npt.NDArray[Any] = whole[element.name].data
    return records


def skip_binary(stream: BinaryIO, element: Element, order: str, label: str) -> None:
    """Move a stream from the first record of an element to the end of the last.

    Records with lists are told apart by the lengths of their lists alone. Where all have the lengths of the first, as
    the faces of most meshes have, numpy looks at all of them at once.

    Raises:
        CloudError: the stream ends before the last record; the message names the record.
    """
    if not element.has_lists:
        there, size = remaining(stream), element.record_size
        if there < element.count * size:
            raise truncated(element, there // size, label)
        stream.seek(element.count * size, io.SEEK_CUR)
        return
    start = stream.tell()
    data = read_whole(stream, label)
    lists, behind = lists_of(element, order)
    done, at = records_alike(data, lists, behind, element.count)
    while done < element.count:
        end = end_of_record(data, at, lists, behind)
        if end is None:
            raise truncated(element, done, label)
        done, at = done + 1, end
    stream.seek(start + at)


class List(NamedTuple):
    """A list in a record: bytes from the end of the list before it, how its length is written, bytes of an item."""

    before: int
    length: struct.Struct
    item: int


def lists_of(element: Element, order: str) -> tuple[list[List], int]:
    """The lists of a record, and how many bytes there are behind the last."""
    lists, before = [], 0
    for p in element.properties:
        size = np.dtype(p.val_dtype).itemsize
        if isinstance(p, PlyListProperty):
            lists.append(List(before, struct.Struct(order + np.dtype(p.len_dtype).char), size))
            before = 0
        else:
            before += size
    return lists, before


def end_of_record(data: bytes, at: int, lists: Sequence[List], behind: int) -> int | None:
    """Where the record that begins at a place ends; None if the data ends before, or a length is below zero."""
    for before, length, item in lists:
        at += before
        if at + length.size > len(data):
            return None
        (count,) = length.unpack_from(data, at)
        if count < 0:
            return None
        at += length.size + count * item
    end = at + behind
    return end if end <= len(data) else None


def records_alike(data: bytes, lists: Sequence[List], behind: int, most: int) -> tuple[int, int]:
    """How many records at the beginning, `most` at most, have lists as long as the first has; and where they end."""
    size = end_of_record(data, 0, lists, behind)
    if size is None:
        return 0, 0
    most = min(most, len(data) // size)
    records = np.frombuffer(data, np.uint8, most * size).reshape(most, size)
    alike = np.ones(most, np.bool_)
    at = 0
    for before, length, item in lists:
        at += before
        for byte in range(at, at + length.size):
            alike &= records[:, byte] == data[byte]
        at += length.size + int(length.unpack_from(data, at)[0]) * item
    count = most if alike.all() else int(alike.argmin())
    return count, count * size


def truncated(element: Element, record: int, label: str) -> CloudError:
    return CloudError(f"{label}: is truncated in {element.name} {record} of {element.count}", hint=TEXT_MODE)


def _header(form: str, element: Element, properties: Sequence[PlyProperty]) -> str:
    """The header of a file that holds this element alone."""
    count = f"element {element.name} {element.count}"
    return "\n".join(["ply", f"format {form} 1.0", count, *map(str, properties), "end_header\n"])


class _Headed:
    """A header, and then the rest of a stream that is in the middle of a file. It is what plyfile reads from."""

    def __init__(self, header: str, stream: BinaryIO) -> None:
        self._header = io.BytesIO(header.encode("ascii"))
        self._stream = stream
        self._left = remaining(stream)

    def read(self, size: int) -> bytes:
        """The next `size` bytes. A list that claims more than there are is refused before anything is allocated."""
        if header := self._header.read(size):
            return header
        if not 0 <= size <= self._left:
            raise EOFError  # which plyfile turns into a PlyElementParseError of the record
        self._left -= size
        return self._stream.read(size)
