"""The table of what several processes cost and gain, for the page on them."""

from __future__ import annotations

from page_tables import markdown, record


def scaling() -> str:
    """Every row of the record, with what was measured and what was computed."""
    found = record("scaling")
    rows = [(row["what"], f"{row['value']:.3g} {row['unit']}", row["beside"]) for row in found["rows"]]
    return f"{markdown(('', '', ''), rows)}\n\nOn {found['hardware']['cpu']}, one core for each process."
