"""The faces of a PLY file, as triangles: read after its vertices, where points are drawn from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from plyfile import PlyListProperty

from qaadcodec.arrays import Longs, Rows
from qaadcodec.clouds.formats.ply_header import Element, Header, read_header
from qaadcodec.clouds.formats.ply_lists import List, end_of_record, lists_of, records_alike, skip_binary, truncated
from qaadcodec.clouds.formats.ply_text import end_of_records
from qaadcodec.clouds.formats.polygons import fans
from qaadcodec.clouds.opening import Place, read_whole
from qaadcodec.errors import CloudError

_CORNERS = ("vertex_indices", "vertex_index", "vertex_indexes")


def face_element(header: Header) -> Element | None:
    """The element of the faces; None where there are none, or they do not list their corners."""
    found = next((e for e in header.elements if e.name.lower() in ("face", "faces") and e.count), None)
    return None if found is None or _list_of_corners(found) is None else found


def read_faces(place: Place) -> Rows:
    """The faces as triangles, (T, 3) rows of vertices; polygons become fans.

    Raises:
        CloudError: the file is not what it was, or a face names a vertex that there is not.
    """
    label = place.label
    with place.opened() as stream:
        header = read_header(stream, label)
        element = face_element(header)
        if element is None:
            raise CloudError(f"{label}: has changed: it had faces")
        lengths, corners = _binary(stream, header, element, label) if header.order else _text(stream, header, element)
    return fans(lengths, corners, header.vertex.count, lambda face: f"{label}: face {face}")


def _list_of_corners(element: Element) -> int | None:
    """The place of the list of corners among the properties."""
    names = [p.name.lower() if isinstance(p, PlyListProperty) else "" for p in element.properties]
    return next((names.index(name) for name in _CORNERS if name in names), None)


def _binary(stream: BinaryIO, header: Header, element: Element, label: str) -> tuple[Longs, Longs]:
    """Lengths and corners of the polygons of binary data."""
    for other in header.elements[: header.elements.index(element)]:
        skip_binary(stream, other, header.order, label)
    data = np.frombuffer(read_whole(stream, label), np.uint8)
    lists, behind = lists_of(element, header.order)
    place = _list_of_corners(element)
    assert place is not None
    before = sum(isinstance(p, PlyListProperty) for p in element.properties[:place])
    dtype = np.dtype(element.properties[place].val_dtype).newbyteorder(header.order)
    starts, lengths = _lists(
        data.tobytes(), lists, behind, before, lambda i: truncated(element, i, label), element.count
    )
    values = np.empty(int(lengths.sum()), np.int64)
    ends = np.cumsum(lengths)
    for length in np.unique(lengths):
        if not length:
            continue
        chosen = lengths == length
        place_of = starts[chosen][:, None] + np.arange(length * dtype.itemsize)  # (n, bytes)
        rows = np.ascontiguousarray(data[place_of]).view(dtype)
        values[(ends[chosen] - length)[:, None] + np.arange(length)] = rows
    return lengths, values


def _lists(
    data: bytes, lists: list[List], behind: int, which: int, cut: Callable[[int], CloudError], count: int
) -> tuple[Longs, Longs]:
    """Of each record, where the items of one of its lists begin, and how many there are."""
    done, at = records_alike(data, lists, behind, count)
    starts, lengths = np.empty(count, np.int64), np.empty(count, np.int64)
    if done:
        first, length = _list_at(data, 0, lists, which)
        starts[:done] = first + np.arange(done) * (at // done)
        lengths[:done] = length
    for i in range(done, count):
        end = end_of_record(data, at, lists, behind)
        if end is None:
            raise cut(i)
        starts[i], lengths[i] = _list_at(data, at, lists, which)
        at = end
    return starts, lengths


def _list_at(data: bytes, at: int, lists: list[List], which: int) -> tuple[int, int]:
    """Where the items of a list of the record at a place begin, and how many there are."""
    count = 0
    for i, (before, length, item) in enumerate(lists):
        at += before
        (count,) = length.unpack_from(data, at)
        at += length.size
        if i == which:
            break
        at += count * item
    return at, int(count)


def _text(stream: BinaryIO, header: Header, element: Element) -> tuple[Longs, Longs]:
    """Lengths and corners of the polygons of text, which has been read once and adds up."""
    tokens = stream.read().decode("latin-1").split()
    at = 0
    for other in header.elements[: header.elements.index(element)]:
        at = end_of_records(tokens, at, other)
    place = _list_of_corners(element)
    count = element.count
    if len(element.properties) == 1 and at < len(tokens):
        size = 1 + int(tokens[at])
        if tokens[at : at + count * size : size] == [tokens[at]] * count:  # all polygons have as many corners
            rows = np.array(tokens[at : at + count * size]).astype(np.int64).reshape(count, size)
            return rows[:, 0], rows[:, 1:].ravel()
    lengths, corners = np.zeros(count, np.int64), list[int]()
    for i in range(count):
        for j, p in enumerate(element.properties):
            if not isinstance(p, PlyListProperty):
                at += 1
                continue
            length = int(tokens[at])
            if j == place:
                lengths[i] = length
                corners += map(int, tokens[at + 1 : at + 1 + length])
            at += 1 + length
    return lengths, np.array(corners, np.int64)
