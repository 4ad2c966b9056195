"""XML that others wrote: parsed by expat, without document types and what they could define."""

from __future__ import annotations

from collections.abc import Callable
from xml.parsers import expat

from qaadcodec.errors import CloudError

Start = Callable[[str, dict[str, str]], None]
"""Takes the name of an element, without its namespace, and its attributes."""


def parse(data: bytes, label: str, start: Start, end: Callable[[str], None], text: Callable[[str], None]) -> None:
    """Go through XML from its beginning to its end.

    Args:
        start, end, text: called at each element's start and end, and with text between them, in pieces.

    Raises:
        CloudError: it is not well-formed, ends early, or has a document type; the message names the line.
    """
    parser = expat.ParserCreate(namespace_separator="|")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise CloudError(f"{label}: line {parser.CurrentLineNumber} has a document type, which no such file needs")

    parser.StartElementHandler = lambda name, attributes: start(name.rpartition("|")[2], attributes)
    parser.EndElementHandler = lambda name: end(name.rpartition("|")[2])
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        why = expat.ErrorString(error.code)
        raise CloudError(f"{label}: is truncated or damaged: line {error.lineno} of its XML: {why}") from error
