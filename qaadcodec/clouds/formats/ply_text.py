"""The vertices of a PLY file of text. Its numbers are a stream: a record may be a line, several, or part of one."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate, chain
from typing import NamedTuple

import numpy as np
from plyfile import PlyListProperty

from qaadcodec.arrays import Doubles
from qaadcodec.clouds.formats.ply_header import Element, Header
from qaadcodec.clouds.formats.rows import parse_rows, split_lines, table
from qaadcodec.errors import CloudError


class Records(NamedTuple):
    """The whole records of an element; there are fewer than it declares where the text ends early.

    Attributes:
        numbers: of each record, those that are in no list.
        starts: of each record, the place of its first number in the stream.
        end: the place behind the last of them.
    """

    numbers: list[Sequence[str]]
    starts: Sequence[int]
    end: int


def read_text_vertices(text: str, header: Header, label: str) -> Doubles:
    """The coordinates of the vertices, (M, 3) float64, from the text behind the header.

    Raises:
        CloudError: the text has fewer or more numbers than the header declares, for any of its elements, or text where
            a coordinate or the length of a list should be; the message names the record and its line.
    """
    lines = split_lines(text)
    while lines and not lines[-1].strip():
        lines.pop()
    if (points := _a_record_a_line(lines, header)) is not None:
        return points
    return _stream(lines, header, label)


def _a_record_a_line(lines: Sequence[str], header: Header) -> Doubles | None:
    """The vertices where each record of the file is a line, as nearly everybody writes them; None elsewhere.

    Of elements behind the vertices only the lines are counted.
    """
    vertex = header.vertex
    if vertex.has_lists or len(lines) != sum(e.count for e in header.elements):
        return None
    first = sum(e.count for e in header.elements[: header.place])
    rows = table(lines[first : first + vertex.count], None)
    if rows is None or rows.shape[1] != len(vertex.properties):
        return None
    return np.ascontiguousarray(rows[:, header.columns])


def _stream(lines: Sequence[str], header: Header, label: str) -> Doubles:
    """The vertices by the numbers one after the other, whatever lines they stand on."""
    split = [line.split() for line in lines]
    tokens, ends = list(chain.from_iterable(split)), list(accumulate(map(len, split)))

    def line_of(at: int) -> int:
        return header.lines + 1 + bisect_right(ends, at)

    at, vertices = 0, Records([], [], 0)
    for element in header.elements:
        if not element.properties:
            continue

        def where(i: int, at: int, name: str = element.name) -> str:
            return f"{label}: {name} {i} (line {line_of(at)})"

        found = _records(tokens, at, element, where)
        if len(found.numbers) < element.count:
            what = {"vertex": "vertices", "face": "faces"}.get(element.name, f"records of {element.name}")
            held = f"it ends after {len(found.numbers)} of {element.count} {what}"
            raise CloudError(f"{label}: is truncated: {held}{_odd_line(split, header)}")
        if element is header.vertex:
            vertices = found
        at = found.end
    if more := len(tokens) - at:
        numbers = f"{more} number{'s' * (more > 1)} more than its header declares, from line {line_of(at)} on"
        raise CloudError(f"{label}: has {numbers}{_odd_line(split, header)}")
    rows = [" ".join(numbers) for numbers in vertices.numbers]
    return parse_rows(rows, header.columns, None, lambda i: f"{label}: vertex {i} (line {line_of(vertices.starts[i])})")


def _records(tokens: Sequence[str], at: int, element: Element, where: Callable[[int, int], str]) -> Records:
    """The records of an element from a place of the stream on; `where` names a record and the line of a place."""
    size = len(element.properties)
    if not element.has_lists:
        starts = range(at, at + size * min(element.count, (len(tokens) - at) // size), size)
        return Records([tokens[start : start + size] for start in starts], starts, at + size * len(starts))
    numbers: list[Sequence[str]] = []
    begins: list[int] = []
    for i in range(element.count):
        start, single = at, []
        for p in element.properties:
            if at >= len(tokens):
                return Records(numbers, begins, start)
            if isinstance(p, PlyListProperty):
                at += _length(tokens[at], np.iinfo(p.len_dtype).max, where(i, at))
            else:
                single.append(tokens[at])
            at += 1
        if at > len(tokens):
            return Records(numbers, begins, start)
        numbers.append(single)
        begins.append(start)
    return Records(numbers, begins, at)


def _length(token: str, most: int, where: str) -> int:
    if not re.fullmatch("[0-9]{1,18}", token):
        raise CloudError(f"{where}: {token[:40]!r} is not the length of a list")
    if int(token) > most:
        raise CloudError(f"{where} has a list of a length that its type cannot hold")
    return int(token)


def _odd_line(split: Sequence[Sequence[str]], header: Header) -> str:
    """Which line is probably at fault, where the vertices come first and most of them are a line; "" where not."""
    widths = [len(tokens) for tokens in split[: header.vertex.count]]
    usual = len(header.vertex.properties)
    if header.place or header.vertex.has_lists or not widths or Counter(widths).most_common(1)[0][0] != usual:
        return ""
    odd = next(((i, width) for i, width in enumerate(widths) if width and width != usual), None)
    return f"; line {header.lines + 1 + odd[0]} has {odd[1]} numbers, and most have {usual}" if odd else ""
