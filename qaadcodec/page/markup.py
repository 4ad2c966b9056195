"""Pieces of HTML. Whatever is put into them is text, and is escaped; `Html` alone is put in as it is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qaadcodec.report.text import printable


class Html(str):
    """Text that is HTML already: made by the functions of this module, or of tags that are written in the code."""

    __slots__ = ()


def html(value: object) -> Html:
    """A value as HTML: `Html` as it is; everything else as text, with what HTML would read escaped.

    Names are data. Control characters in them are written out (`\\x1b`), as in all that qaad prints.
    """
    return value if isinstance(value, Html) else Html(escape(printable(str(value)), quote=True))


def joined(parts: Sequence[object]) -> Html:
    """The parts one after another."""
    return Html("".join(html(part) for part in parts))


def element(tag: str, *content: object, **attributes: object) -> Html:
    """`<tag attribute="…">content</tag>`.

    Args:
        attributes: by name, where `_` stands for `-`, and one at the end is left off: `class_`, `aria_label`. One that
            is True has no value; one that is None or False is not there.
    """
    given = joined(
        [
            Html(f" {name.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{html(value)}"'))
            for name, value in attributes.items()
            if value is not None and value is not False
        ]
    )
    return Html(f"<{tag}{given}>{joined(content)}</{tag}>")


def table(rows: Sequence[Sequence[object]], header: Sequence[object], align: str, caption: str) -> Html:
    """A table, which scrolls by itself where it is wider than the page.

    Args:
        rows: cells; the first of each row heads it.
        header: names of the columns.
        align: `l` or `r` for each column.
        caption: what it shows, for those who hear the page.
    """
    sides = ["number" if a == "r" else None for a in align]
    head = element(
        "tr", *(element("th", name, scope="col", class_=side) for name, side in zip(header, sides, strict=True))
    )
    body = [
        element(
            "tr",
            element("th", row[0], scope="row", class_=sides[0]),
            *(element("td", cell, class_=side) for cell, side in zip(row[1:], sides[1:], strict=True)),
        )
        for row in rows
    ]
    whole = element("table", element("caption", caption), element("thead", head), element("tbody", *body))
    return element("div", whole, class_="wide", tabindex="0", role="region", aria_label=caption)


def facts(pairs: Sequence[tuple[str, object]]) -> Html:
    """Names and values; an empty name continues the value above."""
    parts: list[Html] = []
    for name, value in pairs:
        parts += [element("dt", name)] if name else []
        parts.append(element("dd", value))
    return element("dl", *parts, class_="facts")
