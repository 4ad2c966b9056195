"""Inputs that differ a little from known ones: deterministic, so that a test tries the same ones each time.

The guided runs mix these with libFuzzer's own mutations. What is here knows that numbers stand in files, as text and as
bytes, and that some of them are more interesting than others.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from random import Random

MOST = 1 << 16  # bytes of an input

NUMBERS = (0, 1, 2, 3, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1)
SPELT = (*map(str, NUMBERS), "-1", "-0", "1e308", "1e-320", "1e999", "nan", "-inf", "0.5", "1e", "+", "99999999999999")
FLOATS = (0.0, -0.0, float("nan"), float("inf"), -float("inf"), 1e38, 1e-45, 1e100, 1e308)

_DIGITS = re.compile(rb"[-+.\d][-+.\deE]*")


def mutated(data: bytes, rng: Random, tokens: Sequence[bytes] = (), others: Sequence[bytes] = ()) -> bytes:
    """The bytes after one to four changes, at most MOST of them.

    Args:
        tokens: words of the format, which are put in here and there.
        others: further inputs, parts of which are taken over.
    """
    changes = [_flip, _set, _whole_number, _float, _cut, _repeat, _remove, _spelt_number, _insert]
    for _ in range(rng.choice((1, 1, 2, 4))):
        kind = rng.randrange(len(changes) + 2)
        if kind < len(changes):
            data = changes[kind](data, rng)
        elif kind == len(changes):
            data = _token(data, rng, tokens) if tokens else _set(data, rng)
        else:
            data = _spliced(data, rng, others) if others else _repeat(data, rng)
    return data[:MOST]


def _span(data: bytes, rng: Random) -> tuple[int, int]:
    """A part of the bytes, short more often than long."""
    start = rng.randint(0, len(data))
    return start, min(len(data), start + rng.choice((1, 2, 4, 8, 16, 64, 1024)))


def _put(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def _flip(data: bytes, rng: Random) -> bytes:
    at = rng.randint(0, max(0, len(data) - 1))
    return _put(data, at, bytes([data[at] ^ 1 << rng.randrange(8)])) if data else b"\0"


def _set(data: bytes, rng: Random) -> bytes:
    return _put(data, rng.randint(0, len(data)), bytes([rng.randrange(256)]))


def _whole_number(data: bytes, rng: Random) -> bytes:
    width, order = rng.choice((1, 2, 4, 8)), rng.choice(("little", "big"))
    value = (rng.choice(NUMBERS) + rng.choice((0, 0, -1, 1))) % (1 << 8 * width)
    return _put(data, rng.randint(0, len(data)), value.to_bytes(width, order))  # type: ignore[arg-type]


def _float(data: bytes, rng: Random) -> bytes:
    value, order = rng.choice(FLOATS), rng.choice("<>")
    new = struct.pack(f"{order}f", value if abs(value) < 3e38 else float("inf")) if rng.random() < 0.5 else None
    return _put(data, rng.randint(0, len(data)), new or struct.pack(f"{order}d", value))


def _cut(data: bytes, rng: Random) -> bytes:
    return data[: rng.randint(0, len(data))]


def _repeat(data: bytes, rng: Random) -> bytes:
    start, end = _span(data, rng)
    return data[:end] + data[start:end] * rng.choice((1, 1, 3, 50)) + data[end:]


def _remove(data: bytes, rng: Random) -> bytes:
    start, end = _span(data, rng)
    return data[:start] + data[end:]


def _insert(data: bytes, rng: Random) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.randbytes(rng.choice((1, 2, 4, 8))) + data[at:]


def _spelt_number(data: bytes, rng: Random) -> bytes:
    found = [match.span() for match in _DIGITS.finditer(data[:4096])]
    start, end = rng.choice(found) if found else _span(data, rng)
    return data[:start] + rng.choice(SPELT).encode() + data[end:]


def _token(data: bytes, rng: Random, tokens: Sequence[bytes]) -> bytes:
    token, at = rng.choice(tokens), rng.randint(0, len(data))
    return _put(data, at, token) if rng.random() < 0.5 else data[:at] + token + data[at:]


def _spliced(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    start, end = _span(other := rng.choice(others), rng)
    at = rng.randint(0, len(data))
    return data[:at] + (other[start:end] if rng.random() < 0.5 else other[start:]) + data[at:]
