"""What there is at a URL: a file, or the files of a folder or of a pattern."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import unquote

from qaadcodec.remote.storage import storage, telling
from qaadcodec.remote.urls import WEB, scheme_of

MOST_DEPTH = 16  # folders in folders, on the web, where links may go round in circles


class Found(NamedTuple):
    """A file in a folder, or one that a pattern matches."""

    url: str
    relative: PurePosixPath
    """its path in the folder, or in the deepest folder that the pattern names in full"""


def files_at(url: str) -> list[Found] | None:
    """The files below a folder, or those that a pattern with * or [ab] matches, hidden ones left out; None for a file.

    A folder of the web is a page with links to what it has, and its URL ends with a slash. Elsewhere ? stands for a
    letter in a pattern, and storage tells what is a folder.

    Raises:
        Missing, EnvironmentFailure: it cannot be listed.
    """
    web = scheme_of(url) in WEB
    pattern = re.search(r"[*\[]" if web else r"[*?\[]", url)
    if web and not pattern and not url.partition("?")[0].endswith("/"):
        return None
    fs, path = storage(url)
    with telling(url, "be listed"):
        if web:
            return _on_the_web(fs, url)
        if pattern:
            start = path[: re.search(r"[*?\[]", path).start()].rpartition("/")[0]  # type: ignore[union-attr]
            paths = [place for place, info in fs.glob(path, detail=True).items() if info["type"] == "file"]
        elif fs.info(path)["type"] == "directory":
            start, paths = path.rstrip("/"), fs.find(path)
        else:
            return None
    named = ((place, PurePosixPath(place.removeprefix(start).lstrip("/"))) for place in paths)
    return [Found(fs.unstrip_protocol(place), relative) for place, relative in named if _is_seen(relative)]


def _on_the_web(fs: Any, url: str) -> list[Found]:
    """The files that pages of links below a URL lead to, or those of them that the pattern in the URL matches."""
    from fsspec.utils import glob_translate

    address, mark, query = url.partition("?")
    folder, _, last = re.split(r"(?=[*\[])", address, maxsplit=1)[0].rpartition("/")
    folder += "/"
    pattern = last + address.removeprefix(folder + last)
    wanted = re.compile(glob_translate(pattern or "**"))
    depth = MOST_DEPTH if not pattern or "**" in pattern else pattern.count("/")
    found, seen, waiting = [], {folder}, [folder]
    while waiting:
        page = waiting.pop()
        asked = page + mark + query
        for link in fs.ls(asked, detail=False):
            link = link.replace(f"{asked.rstrip('/')}/", page, 1)  # links are put behind the query
            name = unquote(link.removeprefix(folder))
            relative = PurePosixPath(name)
            # Links with a query sort the page, and others lead out of the folder.
            if not link.startswith(folder) or re.search("[?#]", link) or link in seen or not _is_seen(relative):
                continue
            seen.add(link)
            if not link.endswith("/"):
                found += [Found(link + mark + query, relative)] if wanted.fullmatch(name) else []
            elif name.count("/") <= depth:
                waiting.append(link)
    return found


def _is_seen(relative: PurePosixPath) -> bool:
    """Whether a file is there to be seen: it has a name, and neither it nor a folder of it is hidden."""
    return bool(relative.parts) and not any(part.startswith(".") for part in relative.parts)
