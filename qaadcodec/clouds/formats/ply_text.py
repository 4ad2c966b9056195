"""The vertices of a PLY file of text. Its numbers are a stream: a record may be a line, several, or part of one."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from itertools import accumulate, chain
from typing import NamedTuple

import numpy as np
from plyfile import PlyListProperty

from qaadcodec.arrays import Doubles
from qaadcodec.clouds.formats.ply_header import Element, Header
from qaadcodec.clouds.formats.rows import MAYBE_CUT, is_cut, number, split_lines, table
from qaadcodec.errors import CloudError


class Records(NamedTuple):
    """The whole records of an element; there are fewer than it declares where the text ends early.

    Attributes:
        starts: of each record, the place of its first number in the stream.
        end: the place behind the last of them.
        numbers: of each record, those that are in no list; empty for elements without lists, which need no walk.
    """

    starts: Sequence[int]
    end: int
    numbers: list[list[str]]


def read_text_vertices(text: str, header: Header, label: str) -> tuple[Doubles, tuple[str, ...]]:
    """The coordinates of the vertices, (M, 3) float64, from the text behind the header; and what is doubtful of them.

    Raises:
        CloudError: the text has fewer or more numbers than the header declares, for any of its elements, or text where
            a coordinate or the length of a list should be; the message names the record and its line.
    """
    lines = split_lines(text)
    while lines and not lines[-1].strip():
        lines.pop()
    ended = text[-1] in "\r\n"
    last = not any(e.count for e in header.elements[header.place + 1 :])
    points = _a_record_a_line(lines, header) if ended or last else None  # the last face may be cut
    if points is None:
        points = _stream(text, header, label)
    if ended or not last:
        return points, ()
    if is_cut(lines[-header.vertex.count :], None):
        count = header.vertex.count
        raise CloudError(f"{label}: is truncated: it ends within vertex {count - 1} of {count}, without a newline")
    return points, (MAYBE_CUT,)


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


def _stream(text: str, header: Header, label: str) -> Doubles:
    """The vertices by the numbers one after the other, whatever lines they stand on."""
    tokens = text.split()
    lines = _Lines(text, header)
    at, vertices = 0, Records([], 0, [])
    for element in header.elements:
        if not element.properties:
            continue

        def where(i: int, at: int, name: str = element.name) -> str:
            return f"{label}: {name} {i} (line {lines.of(at)})"

        found = _records(tokens, at, element, where)
        if (count := len(found.starts)) < element.count:
            what = {"vertex": "vertices", "face": "faces"}.get(element.name, f"records of {element.name}")
            raise CloudError(f"{label}: is truncated: it ends after {count} of {element.count} {what}{lines.odd()}")
        if element is header.vertex:
            vertices = found
        at = found.end
    if more := len(tokens) - at:
        numbers = f"{more} number{'s' * (more > 1)} more than its header declares, from line {lines.of(at)} on"
        raise CloudError(f"{label}: has {numbers}{lines.odd()}")
    return _coordinates(
        _columns(tokens, vertices, header), lambda i: f"{label}: vertex {i} (line {lines.of(vertices.starts[i])})"
    )


def _records(tokens: Sequence[str], at: int, element: Element, where: Callable[[int, int], str]) -> Records:
    """The records of an element from a place of the stream on; `where` names a record and the line of a place."""
    size = len(element.properties)
    if not element.has_lists:
        starts = range(at, at + size * min(element.count, (len(tokens) - at) // size), size)
        return Records(starts, at + size * len(starts), [])
    numbers: list[list[str]] = []
    begins: list[int] = []
    for i in range(element.count):
        start, single = at, []
        for p in element.properties:
            if at >= len(tokens):
                return Records(begins, start, numbers)
            if isinstance(p, PlyListProperty):
                at += length_of_list(tokens[at], p, partial(where, i, at))
            else:
                single.append(tokens[at])
            at += 1
        if at > len(tokens):
            return Records(begins, start, numbers)
        numbers.append(single)
        begins.append(start)
    return Records(begins, at, numbers)


def end_of_records(tokens: Sequence[str], at: int, element: Element, label: str) -> int:
    """The place behind the records of an element that begin at a place of the stream; CloudError as for vertices."""
    return _records(tokens, at, element, lambda i, _: f"{label}: {element.name} {i}").end if element.properties else at


def _columns(tokens: Sequence[str], vertices: Records, header: Header) -> list[Sequence[str]]:
    """What spells x, y and z of every vertex."""
    if header.vertex.has_lists:
        return [[numbers[column] for numbers in vertices.numbers] for column in header.columns]
    size, first = len(header.vertex.properties), vertices.starts[0]
    return [tokens[first + column : vertices.end : size] for column in header.columns]


def _coordinates(columns: Sequence[Sequence[str]], where: Callable[[int], str]) -> Doubles:
    """The columns as (M, 3) float64; CloudError with the name of a vertex where one spells no number."""
    try:
        # float takes 1_0 for a number, `number` does not.
        if not any("_" in token for token in chain.from_iterable(columns)):
            return np.array([list(map(float, column)) for column in columns]).T.copy()
    except ValueError:
        pass
    return np.array([[number(token, where(i)) for token in row] for i, row in enumerate(zip(*columns, strict=True))])


def length_of_list(token: str, declared: PlyListProperty, where: Callable[[], str]) -> int:
    """The length of a list that a token spells; CloudError, with the record, where it spells none."""
    if not (token.isascii() and token.isdigit() and len(token) <= 18):
        raise CloudError(f"{where()}: {token[:40]!r} is not the length of a list")
    length = int(token)
    if length > np.iinfo(declared.len_dtype).max:
        raise CloudError(f"{where()} has a list of a length that its type cannot hold")
    return length


class _Lines:
    """Which numbers stand on which line: asked for when something is wrong."""

    def __init__(self, text: str, header: Header) -> None:
        self._text = text
        self._header = header

    @cached_property
    def _widths(self) -> list[int]:
        return [len(line.split()) for line in split_lines(self._text)]

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(self._widths))

    def of(self, at: int) -> int:
        """The line of the file that has the number at a place of the stream."""
        return self._header.lines + 1 + bisect_right(self._ends, at)

    def odd(self) -> str:
        """Which line is probably at fault, where the vertices come first and most of them are a line; "" where not."""
        header, usual = self._header, len(self._header.vertex.properties)
        widths = self._widths[: header.vertex.count]
        if header.place or header.vertex.has_lists or not widths or Counter(widths).most_common(1)[0][0] != usual:
            return ""
        odd = next(((i, width) for i, width in enumerate(widths) if width and width != usual), None)
        return f"; line {header.lines + 1 + odd[0]} has {odd[1]} numbers, and most have {usual}" if odd else ""
