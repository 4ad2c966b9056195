"""Numbers, times and names as people read them."""

from __future__ import annotations

import sys


def printable(text: str) -> str:
    r"""The text with every control character written out (`\x1b`): names are data, and must not drive a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def grouped(number: int) -> str:
    """12582912 as `12 582 912`."""
    return f"{number:,}".replace(",", " ")


def short(number: float | None) -> str:
    """Four significant digits; `-` for what was not measured."""
    return "-" if number is None else f"{number:.4g}"


def percent(share: float | None) -> str:
    """A share as per cent, three significant digits: 0.00149 as `0.149 %`."""
    return "-" if share is None else f"{100 * share:.3g} %"


def count_of(number: int, one: str, several: str | None = None) -> str:
    """`1 cloud`, `64 clouds`, `16 384 points`."""
    return f"{grouped(number)} {one if number == 1 else several or one + 's'}"


def throughput(per_second: float) -> str:
    """Points per second: `1.2 M points/s`."""
    for size, prefix in ((1e9, "G "), (1e6, "M "), (1e3, "k ")):
        if per_second >= size:
            return f"{per_second / size:.3g} {prefix}points/s"
    return f"{per_second:.3g} points/s"


def duration(seconds: float) -> str:
    """`0.4 s`, `42 s`, `9 min 58 s`, `1 h 05 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def plain(number: float) -> str:
    """Ten significant digits, enough for a millimetre in UTM coordinates: `5403210.123`, `1e-09`."""
    return f"{number:.10g}"


def numbers(values: object) -> str:
    """A tuple of numbers, as `0.5 -1 2.25`."""
    if isinstance(values, (tuple, list)):
        return " ".join(plain(v) for v in values)
    return plain(values) if isinstance(values, (int, float)) else str(values)


def stderr_is_terminal() -> bool:
    """Whether a live display can be drawn on stderr."""
    import os

    return sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
