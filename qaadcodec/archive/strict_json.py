"""JSON of which every reader makes the same thing: one object in UTF-8, not deep, no key twice, finite numbers only."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from qaadcodec.errors import ArchiveError

MAX_DEPTH = 4
MAX_DIGITS = 20  # characters of a whole number; Python takes time that grows with the square of them


def parse_object(data: bytes) -> dict[str, Any]:
    """The object that a text holds.

    Raises:
        ArchiveError: the text is not UTF-8, not JSON or not an object; it nests deeper than 4, has a key twice in one
            object, a whole number of more than 20 characters, or a number that is not finite in float64.
    """
    try:
        text = data.decode()
        _check_depth(text)
        values = json.loads(
            text, object_pairs_hook=_unique, parse_int=_parse_int, parse_float=_parse_float, parse_constant=_parse_float
        )
    except UnicodeDecodeError as error:
        raise ArchiveError(f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise ArchiveError(f"is not JSON: {error.msg} at character {error.pos}") from error
    if not isinstance(values, dict):
        raise ArchiveError("is JSON, but not an object")
    return values


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the parser sees it, because the parser recurses.

    One pass over the text is enough: no part of the pattern can backtrack.
    """
    depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            raise ArchiveError(f"nests more than {MAX_DEPTH} deep at character {token.start()}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ArchiveError(f"has the key {next(k for k in keys if keys.count(k) > 1)[:80]!r} twice")
    return values


def _parse_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ArchiveError(f"holds a whole number of {len(digits)} digits")
    return int(digits)


def _parse_float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ArchiveError(f"holds the number {digits[:40]}, which is not finite")
    return value
