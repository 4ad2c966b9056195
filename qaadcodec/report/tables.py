"""Tables in plain text: the same characters on a terminal, in a pipe and in a document."""

from __future__ import annotations

from collections.abc import Sequence

from qaadcodec.report.text import printable

GAP = "  "


def table(rows: Sequence[Sequence[str]], align: str, *, header: Sequence[str] | None = None) -> list[str]:
    """Rows of text as lines with aligned columns.

    Args:
        rows: cells, as many in each row as `align` has letters.
        align: `l` or `r` for each column.
        header: names of the columns; a line of dashes follows it.
    """
    cells = [[printable(cell) for cell in row] for row in ([header] if header else []) + list(rows)]
    widths = [max((len(row[i]) for row in cells), default=0) for i in range(len(align))]
    lines = [
        GAP.join(c.rjust(w) if a == "r" else c.ljust(w) for c, w, a in zip(row, widths, align, strict=True)).rstrip()
        for row in cells
    ]
    if header:
        lines.insert(1, GAP.join("-" * w for w in widths))
    return lines


def facts(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Names and values, one pair a line, values in one column; an empty name continues the line above."""
    return table(pairs, "ll")
