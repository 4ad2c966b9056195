"""The faces of a PLY file, as triangles: read after its vertices, where points are drawn from them."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import BinaryIO

import numpy as np
from plyfile import PlyListProperty

from qaadcodec.arrays import Longs, Rows
from qaadcodec.clouds.formats.ply_header import Element, Header, read_header
from qaadcodec.clouds.formats.ply_lists import List, end_of_record, lists_of, records_alike, skip_binary, truncated
from qaadcodec.clouds.formats.ply_text import end_of_records, length_of_list
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
        CloudError: the file is not what it was, or a face names a vertex that there is not, or something else.
    """
    label = place.label
    with place.opened() as stream:
        header = read_header(stream, label)
        element = face_element(header)
        if element is None:
            raise CloudError(f"{label}: has changed: it had faces")
        read = _binary if header.order else _text
        lengths, corners = read(stream, header, element, label)
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


def _text(stream: BinaryIO, header: Header, element: Element, label: str) -> tuple[Longs, Longs]:
    """Lengths and corners of the polygons of text. Of its vertices it is known that they add up."""
    tokens = stream.read().decode("latin-1").split()
    at = 0
    for other in header.elements[: header.elements.index(element)]:
        at = end_of_records(tokens, at, other, label)
    place = _list_of_corners(element)
    count = element.count
    if len(element.properties) == 1 and at < len(tokens) and re.fullmatch("[0-9]{1,9}", tokens[at]):
        size = 1 + int(tokens[at])
        if tokens[at : at + count * size : size] == [tokens[at]] * count:  # all polygons have as many corners
            with suppress(ValueError, OverflowError):  # a corner is no whole number; below it is told which
                rows = np.array(tokens[at : at + count * size]).astype(np.int64).reshape(count, size)
                return rows[:, 0], rows[:, 1:].ravel()
    lengths, corners = np.zeros(count, np.int64), list[int]()
    for i in range(count):
        where = f"{label}: face {i}"
        for j, p in enumerate(element.properties):
            length = 0
            if isinstance(p, PlyListProperty) and at < len(tokens):
                length = length_of_list(tokens[at], p, partial(str, where))
            at += 1 + length
            if at > len(tokens):
                raise CloudError(f"{label}: is truncated: it ends after {i} of {count} faces")
            if j == place:
                lengths[i] = length
                corners += [_corner(token, where) for token in tokens[at - length : at]]
    return lengths, np.array(corners, np.int64)


def _corner(token: str, where: str) -> int:
    if not re.fullmatch("[-+]?[0-9]{1,18}", token):
        raise CloudError(f"{where}: {token[:40]!r} is not a vertex")
    return int(token)
