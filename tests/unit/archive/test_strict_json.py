"""JSON that every reader understands alike: what is refused, and where."""

from __future__ import annotations

import pytest

from qaadcodec.archive.strict_json import parse_object
from qaadcodec.errors import ArchiveError


def test_an_object_is_read() -> None:
    text = '{"a":[1,{"b":-2.5e3}],"ü":"[[[[[[\\"","c":null}'
    assert parse_object(text.encode()) == {"a": [1, {"b": -2500.0}], "ü": '[[[[[["', "c": None}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a":"\xff"}', "byte 6 is not UTF-8"),
        (b'{"a":', "is not JSON: Expecting value at character 5"),
        (b"\xef\xbb\xbf{}", "is not JSON: Unexpected UTF-8 BOM"),
        (b"[1]", "is JSON, but not an object"),
        (b'{"a":1,"b":{"c":1,"c":2}}', "has the key 'c' twice"),
        (b'{"a":[[[[]]]]}', "nests more than 4 deep at character 8"),
        (b'{"a":123456789012345678901}', "holds a whole number of 21 digits"),
        (b'{"a":1e999}', "holds the number 1e999, which is not finite"),
        (b'{"a":-Infinity}', "holds the number -Infinity, which is not finite"),
        (b'{"a":NaN}', "holds the number NaN, which is not finite"),
    ],
)
def test_each_rule(text: bytes, message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        parse_object(text)


def test_deep_nesting_is_found_before_the_parser_recurses() -> None:
    with pytest.raises(ArchiveError, match=r"nests more than 4 deep at character 4$"):
        parse_object(b"[" * 1_000_000)
