"""Tables in Markdown, and the records that they are made of: what the pages on measurements share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
SETS = ("faces", "bodies", "skulls")


def record(name: str) -> Any:
    """A record of the folder `results`, by its name without the suffix."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its header, a line below it, its rows."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in line)}|".replace(" --- ", "---") for line in lines
    )


def percent(value: float, digits: int = 3) -> str:
    """A share in per cent."""
    return f"{100 * value:.{digits}f} %"


def grouped(value: float) -> str:
    """A whole number with spaces between thousands, from five digits on."""
    return f"{value:,.0f}".replace(",", " ") if value >= 10000 else f"{value:.0f}"
