"""How things show themselves in a notebook. What draws lies above all that is drawn, so it is found by its name."""

from __future__ import annotations

from importlib import import_module

DRAWS = "qaadcodec.pictures.notebook"


def as_html(thing: object) -> str:
    """An archive or a cloud as a piece of HTML that needs nothing else: facts, and a picture where one can be drawn.

    Raises:
        TypeError: it is neither.
    """
    html: str = import_module(DRAWS).html_of(thing)
    return html
