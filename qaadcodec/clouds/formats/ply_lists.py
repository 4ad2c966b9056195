"""PLY elements that have lists among their properties, which plyfile reads record by record."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

import numpy.typing as npt
from plyfile import PlyData, PlyElementParseError, PlyListProperty, PlyProperty

from qaadcodec.clouds.formats.ply_header import Element
from qaadcodec.clouds.opening import remaining
from qaadcodec.errors import CloudError


def read_binary_lists(stream: BinaryIO, element: Element, order: str, label: str) -> npt.NDArray[Any]:
    """The records of an element from a stream at the first of them; leaves it behind the last.

    Returns:
        a structured array of one field per property.

    Raises:
        CloudError: the stream ends before the last record; the message names the record.
    """
    form = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]
    try:
        whole = PlyData.read(_Headed(_header(form, element, element.properties), stream), mmap=False)
    except PlyElementParseError as error:
        raise CloudError(f"{label}: is truncated in {element.name} {error.row} of {element.count}") from error
    records: npt.NDArray[Any] = whole[element.name].data
    return records


def read_text_lists(rows: Sequence[str], element: Element, where: Callable[[int], str]) -> npt.NDArray[Any]:
    """The records of an element from lines of text, numbers that are no lists as float64.

    Returns:
        a structured array of one field per property.

    Raises:
        CloudError: a line that its properties do not account for; `where` names it.
    """
    properties = [p if isinstance(p, PlyListProperty) else PlyProperty(p.name, "double") for p in element.properties]
    header = _header("ascii", element, properties)
    text = header + "\n".join(rows) + "\n"
    stream = io.StringIO(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of lists that are empty
            whole = PlyData.read(stream)
    except PlyElementParseError as error:
        of = f", property {error.prop.name}" if error.prop else ""
        raise CloudError(f"{where(error.row)}{of}: {error.message}") from error
    except OverflowError as error:  # 300 where the type is uchar, which numpy reports and plyfile does not catch
        row = text.count("\n", len(header), stream.tell()) - 1
        raise CloudError(f"{where(row)} has a list of a length that its type cannot hold") from error
    records: npt.NDArray[Any] = whole[element.name].data
    return records


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
