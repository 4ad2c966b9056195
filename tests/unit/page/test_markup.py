"""HTML whatever the text: nothing of a name becomes a tag, and nothing of a tag is lost."""

from __future__ import annotations

from html.parser import HTMLParser

from qaadcodec.page.markup import Html, element, facts, html, joined, table

NASTY = "<script>alert('x')</script> & \"quotes\" \x1b[2J"


class Read(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_text_is_text_and_html_is_html() -> None:
    assert html("a < b & c") == "a &lt; b &amp; c"
    assert html(Html("<b>")) == "<b>"
    assert joined(["<", Html("<br>"), 3]) == "&lt;<br>3"


def test_a_name_stays_a_name_in_text_and_in_attributes() -> None:
    read = Read(element("p", NASTY, title=NASTY))
    assert read.tags == ["p"]
    assert "".join(read.texts) == "<script>alert('x')</script> & \"quotes\" \\x1b[2J"
    assert read.attributes == [("title", "".join(read.texts))]


def test_attributes() -> None:
    assert element("input", class_="a", aria_label="b", hidden=True, id=None, open=False) == (
        '<input class="a" aria-label="b" hidden></input>'
    )


def test_a_table_has_heads_for_rows_and_columns() -> None:
    read = Read(table([["0", NASTY]], ["index", "name"], "rl", "Clouds"))
    assert read.tags == ["div", "table", "caption", "thead", "tr", "th", "th", "tbody", "tr", "th", "td"]
    assert [value for name, value in read.attributes if name == "scope"] == ["col", "col", "row"]


def test_facts_continue_where_the_name_is_empty() -> None:
    assert facts([("bounds", "0"), ("", "to 1")]) == ('<dl class="facts"><dt>bounds</dt><dd>0</dd><dd>to 1</dd></dl>')
