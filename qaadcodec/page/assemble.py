"""Template, parts, script and archive to one HTML file that asks for nothing from outside."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from typing import Any

from qaadcodec.archive.byte_source import Source
from qaadcodec.errors import UsageError
from qaadcodec.page.gather import Told
from qaadcodec.page.markup import Html, html
from qaadcodec.page.parts import PARTS
from qaadcodec.pictures.colours import ERRORS
from qaadcodec.remote.urls import Location, name_of
from qaadcodec.report.jsonlines import finite
from qaadcodec.version import __version__

MOST_EMBEDDED = 256 << 20  # bytes: browsers hold no text of more than about 2^29 characters
CHUNK = 3 << 18  # bytes at once, a multiple of 3, so that their base64 can be joined
PLACE = re.compile(r"\{\{([a-z]+)\}\}")
LINK = re.compile(r"https?://\S+|/?[^\s:/?#][^\s:]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Looks:
    """How the page is made.

    Attributes:
        link: where the browser gets the archive from, instead of from the page; None to put it into the page.
        up: the axis that is up at first, as of `qaad render`.
    """

    link: str | None = None
    up: str = "y"


def page(path: Location, told: Told, looks: Looks) -> Iterator[bytes]:
    """The page, UTF-8, in pieces.

    Args:
        path: of the archive, or its URL, whose bytes go into the page unless it is linked.

    Raises:
        UsageError: the archive is too large to be put into a page, or the link is no address of the web.
    """
    check(told.inspection.bytes, looks)
    script, style = shipped("built/viewer.js"), shipped("built/page.css")
    values: dict[str, str] = {name: part(told) for name, part in PARTS.items()}
    values |= {
        "title": html(name_of(path)),
        "generator": html(f"qaad {__version__}"),
        "policy": html(policy(script, style, looks)),
        "style": style,
        "script": script,
        "footer": footer(looks),
        "notes": data(notes_of(path, told, looks)),
    }
    yield from filled(shipped("page.html"), values, path if looks.link is None else None)


def check(size: int, looks: Looks) -> None:
    """UsageError where the page could not be opened, or could not find its archive."""
    if looks.link is None and size > MOST_EMBEDDED:
        raise UsageError(
            f"an archive of {size} bytes is too large for a page, which takes {MOST_EMBEDDED} at most",
            hint="put it on a web server, and name it with --link URL",
        )
    if looks.link is not None and not LINK.fullmatch(looks.link):
        raise UsageError(
            f"{looks.link!r} is no address that a page can read an archive from",
            hint="give one of http:// or https://, or a path relative to the page on its server",
        )


def filled(template: str, values: Mapping[str, str], archive: Location | None) -> Iterator[bytes]:
    """The template with values in the places of their names; in the place of the archive its bytes as base64."""
    end = 0
    for place in PLACE.finditer(template):
        yield template[end : place.start()].encode()
        end = place.end()
        if place[1] != "archive":
            yield values[place[1]].encode()
        elif archive is not None:
            with closing(Source(archive)) as source:
                for start in range(0, source.size, CHUNK):
                    yield b64encode(source.read(start, min(CHUNK, source.size - start)))
    yield template[end:].encode()


def policy(script: str, style: str, looks: Looks) -> str:
    """The Content Security Policy with which the browser itself holds the page to what it promises.

    Only this script and this style run; a name that were markup could do nothing. Nothing is asked from outside; with a
    link, only what its scheme reaches, because servers of large files send readers on to others.
    """
    if looks.link is None:
        connect = "'none'"
    else:
        scheme = looks.link.partition("://")[0].lower()
        connect = {"https": "https:", "http": "http: https:"}.get(scheme, "'self'")
    rules = {
        "default-src": "'none'",
        "script-src": f"{digest(script)} 'wasm-unsafe-eval'",  # the decoder's WebAssembly is in the script
        "style-src": digest(style),
        "worker-src": "blob:",
        "img-src": "blob: data:",
        "connect-src": connect,
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def footer(looks: Looks) -> Html:
    """What the page needs from outside."""
    if looks.link is None:
        return html("The page is complete: it can be kept, copied and opened without a network.")
    return html(f"The viewer reads the archive from {looks.link}; all else is in the page.")


def digest(text: str) -> str:
    """What a policy calls a script or a style by: its SHA-256."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def notes_of(path: Location, told: Told, looks: Looks) -> dict[str, Any]:
    """What the script is told: all that it cannot read in the archive."""
    errors = {each.index: finite(each.n_em_kd) for each in told.errors}
    return {
        "file": name_of(path),
        "bytes": told.inspection.bytes,
        "link": looks.link,
        "up": looks.up,
        "ramp": ERRORS,
        "errors": {str(i): value for i, value in errors.items()},
        "points": None if told.points is None else told.points.to_dict(),
    }


def data(value: Any) -> Html:
    """JSON that may stand in a `script` element: nothing in it can end that."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return Html(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def shipped(name: str) -> str:
    """A file of this package as text."""
    return (resources.files("qaadcodec.page") / name).read_text(encoding="utf-8")
