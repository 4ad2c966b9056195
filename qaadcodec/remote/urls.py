"""What a URL is, what messages show of it, and what the file there is called. Nothing here needs fsspec."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TypeAlias, TypeGuard
from urllib.parse import unquote

from qaadcodec.errors import UsageError

Location: TypeAlias = str | Path
"""a path, or a URL as text"""

WEB = ("http", "https")  # behind ? and # of such a URL stands what is no name; elsewhere these may be part of a name

# One letter alone is a drive of Windows.
_URL = re.compile(r"([a-z][a-z0-9+.-]+)://([^/?#]*)([^?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_IN_TEXT = re.compile(r"[a-z][a-z0-9+.-]+://[^\s'\"<>]*[^\s'\"<>:;,.]", re.IGNORECASE)


def is_url(what: object) -> TypeGuard[str]:
    """Whether something is a URL: text that begins with a word, a colon and two slashes."""
    return isinstance(what, str) and _URL.match(what) is not None


def located(what: Location) -> Location:
    """A URL as it is, and everything else as a path, "file:///data/scans.qaad" among it.

    Raises:
        UsageError: a file:// URL names another machine.
    """
    if not is_url(what):
        return Path(what)
    scheme, host, path, _ = _parts(what)
    if scheme != "file":
        return what
    if host not in ("", "localhost"):
        raise UsageError(f"{what}: a file:// URL names a file of this machine, and has three slashes: file:///{host}…")
    return Path(unquote(path.removeprefix("/") if re.match(r"/[A-Za-z]:", path) else path))


def scheme_of(url: str) -> str:
    """The kind of storage: "https", "s3"."""
    return _parts(url)[0]


def shown(what: object) -> str:
    """What messages and results call a place: of a URL no user, no password and no query, which may be signatures."""
    if not is_url(what):
        return str(what)
    scheme, host, path, rest = _parts(what)
    return f"{scheme}://{host.rpartition('@')[2]}{path}{'?…' if rest else ''}"


def clean(text: str) -> str:
    """Text in which every URL is as it may be shown."""
    return _IN_TEXT.sub(lambda match: shown(match[0]), text)


def path_of(url: str) -> PurePosixPath:
    """The path in a URL, by which files there are named and told apart."""
    scheme, _, path, rest = _parts(url)
    return PurePosixPath(unquote(path) if scheme in WEB else path + rest)


def name_of(what: Location) -> str:
    """What a file is called in its folder."""
    return path_of(what).name if is_url(what) else Path(what).name


def below(folder: Location, relative: PurePosixPath) -> Location:
    """A file in a folder."""
    return f"{folder.rstrip('/')}/{relative}" if is_url(folder) else Path(folder) / relative


def _parts(url: str) -> tuple[str, str, str, str]:
    """Scheme in lower case, user and host, path, and the rest from ? or # on."""
    match = _URL.match(url)
    assert match is not None  # it was a URL for whoever asks
    return match[1].lower(), match[2], match[3], match[4]
