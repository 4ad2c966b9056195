"""Tables in plain text: the same characters on a terminal, in a pipe and in a document.

A terminal has a width, which tables keep within. Elsewhere nothing is cut and nothing wrapped, so that programs find
names whole and a fact on one line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from qaadcodec.report.text import printable

GAP = "  "
CUT = "…"
NARROWEST = 6  # columns that a column of text is cut to at most
WHOLE = re.compile(r"(?<=\d) (?=\d{3}\b|%)")  # blanks at which a line is not broken: 12 582 912, 0.15 %


def table(
    rows: Sequence[Sequence[str]],
    align: str,
    *,
    header: Sequence[str] | None = None,
    width: int | None = None,
    optional: Sequence[int] = (),
) -> list[str]:
    """Rows of text as lines with aligned columns.

    Args:
        rows: cells, as many in each row as `align` has letters.
        align: `l` or `r` for each column.
        header: names of the columns; a line of dashes follows it.
        width: columns of the terminal that lines keep within; None for any.
        optional: columns that are left out where the lines would be wider, in this order. What is still too wide is cut
            in the middle of the cells of the widest column of text.
    """
    cells = [[printable(cell) for cell in row] for row in ([header] if header else []) + list(rows)]
    kept = list(range(len(align)))
    widths = [max((cells_of(row[i]) for row in cells), default=0) for i in range(len(align))]

    def too_wide() -> int:
        return 0 if width is None else sum(widths[i] for i in kept) + len(GAP) * (len(kept) - 1) - width

    for i in optional:
        if too_wide() > 0:
            kept.remove(i)
    texts = [i for i in kept if align[i] == "l"]
    if texts and (excess := too_wide()) > 0:
        widest = max(texts, key=lambda i: widths[i])
        widths[widest] = max(NARROWEST, widths[widest] - excess)
        for row in cells:
            row[widest] = shortened(row[widest], widths[widest])
    lines = [GAP.join(aligned(row[i], widths[i], align[i]) for i in kept).rstrip() for row in cells]
    if header:
        lines.insert(1, GAP.join("-" * widths[i] for i in kept))
    return lines


def facts(pairs: Sequence[tuple[str, str]], *, width: int | None = None) -> list[str]:
    """Names and values, one pair a line, values in one column; an empty name continues the line above.

    Args:
        width: columns of the terminal, at which values are wrapped; None for any.
    """
    left = max((cells_of(printable(name)) for name, _ in pairs), default=0) + len(GAP)
    if width is None:
        return table(pairs, "ll")
    return table(
        [
            (name if place == 0 else "", line)
            for name, value in pairs
            for place, line in enumerate(wrapped([printable(value)], max(NARROWEST, width - left)))
        ],
        "ll",
    )


def wrapped(lines: Sequence[str], width: int | None) -> list[str]:
    """Lines that are broken to a width, behind their commas where each part fits, else at blanks; None for any width.

    What has no blank stays whole.
    """
    if width is None:
        return list(lines)
    broken = []
    for line in lines:
        now = ""
        parts = re.split(r"(?<=,) ", line)
        fits = all(cells_of(part) <= width for part in parts)
        for word in parts if fits else WHOLE.sub("\0", line).split(" "):
            longer = f"{now} {word}" if now else word
            if now and cells_of(longer) > width:
                broken.append(now)
                longer = word
            now = longer
        broken.append(now)
    return [line.replace("\0", " ") for line in broken]


def aligned(text: str, width: int, side: str) -> str:
    """A text with the blanks that fill a column of that width."""
    blanks = " " * (width - cells_of(text))
    return blanks + text if side == "r" else text + blanks


def shortened(text: str, width: int) -> str:
    """A text that takes more columns than that, without its middle: names of a set tend to differ at their ends."""
    if cells_of(text) <= width:
        return text
    begin, end = "", ""
    for near, far in zip(text, reversed(text), strict=True):
        if cells_of(begin + near + CUT + end) > width:
            break
        begin += near
        if cells_of(begin + CUT + far + end) > width:
            break
        end = far + end
    return begin + CUT + end


def cells_of(text: str) -> int:
    """Columns that a text takes on a terminal: two for a wide letter (Unicode, UAX 11), none for a mark on another."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
