"""Names of clouds: their order, and the paths that names from an archive may become."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

# Windows opens a device for these whatever follows the first dot, on any drive and in any folder.
_RESERVED = re.compile(
    r"(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL
)
_FORBIDDEN = frozenset('<>:"|?*')
_LONGEST_PART = 180  # bytes of UTF-8; file systems allow 255, and a number and a suffix follow
_MOST_PARTS = 16


def natural_key(text: str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """A sort key for paths that compares runs of digits as numbers (scan2 before scan10) and ignores case.

    Paths are compared part by part, and numbers by their digits without leading zeros, so they may be of any length.
    """

    def part_key(part: str) -> tuple[tuple[int, int, str], ...]:
        pieces = re.findall(r"[0-9]+|[^0-9]+", part)
        digits = [
            (0, len(p.lstrip("0")), p.lstrip("0")) if "0" <= p[0] <= "9" else (1, 0, p.casefold()) for p in pieces
        ]
        return (*digits, (-1, 0, part))  # gives names that differ only in case or zeros a fixed order

    return tuple(part_key(part) for part in text.split("/"))


def safe_relative_path(name: str, suffix: str) -> PurePosixPath:
    """The relative path, with `suffix` appended, of a name from an archive. It stays inside the folder it is put in.

    Names are data that anybody may have written. Slashes of either kind part the path. Empty parts, "." and ".." are
    left out, so the path is never absolute and never climbs. These become "_": control, formatting and surrogate
    characters, the characters that Windows forbids (the colon of drive letters among them), and a leading dot. Spaces
    and dots at the end of a part are removed, and names of Windows devices get a "_" in front. Parts are cut to 180
    bytes, paths to their last 16 parts, and a name of which nothing is left becomes "cloud". Different names may give
    the same path: see `SafePaths`.
    """
    parts = [_harmless(part) for part in re.split(r"[/\\]", name) if part.strip(" .")]
    *folders, last = parts[-_MOST_PARTS:] or ["cloud"]
    return PurePosixPath(*folders, last + suffix)


class SafePaths:
    """`safe_relative_path` for the names of one archive, one by one. No path occurs twice or is a folder of another.

    Paths that differ only in case or in Unicode composition count as the same, as they do on the disks of some
    systems. A name whose path is taken gets "~2" (or "~3", …) before the suffix.
    """

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._files: set[str] = set()
        self._folders: set[str] = set()
        # So that a thousand equal names, or a thousand names in a folder that is a file, take no million steps:
        self._tried: dict[str, int] = {}  # numbers that were tried behind a path
        self._moved: dict[str, int] = {}  # number of the folder that paths were put into, by the file in their way

    def take(self, name: str) -> PurePosixPath:
        """The path for the next name."""
        base = self._beside_files(safe_relative_path(name, ""))
        key, path = _key(base), PurePosixPath(f"{base}{self._suffix}")
        while (taken := _key(path)) in self._files or taken in self._folders:
            number = self._tried[key] = self._tried.get(key, 1) + 1
            path = PurePosixPath(f"{base}~{number}{self._suffix}")
        self._files.add(taken)
        self._folders |= set(_folders(path))
        return path

    def _beside_files(self, path: PurePosixPath) -> PurePosixPath:
        """The path, with a number behind its first part if a folder of it is a file already."""
        blocking = next((folder for folder in _folders(path) if folder in self._files), None)
        if blocking is None:
            return path
        first, *rest = path.parts
        number = self._moved.get(blocking, 2)
        while not self._files.isdisjoint(_folders(moved := PurePosixPath(f"{first}~{number}", *rest))):
            number += 1
        self._moved[blocking] = number
        return moved


def safe_relative_paths(names: Iterable[str], suffix: str) -> list[PurePosixPath]:
    """A safe path for each name (see `safe_relative_path`), none in the way of another (see `SafePaths`)."""
    paths = SafePaths(suffix)
    return [paths.take(name) for name in names]


def _folders(path: PurePosixPath) -> list[str]:
    """The folders that a path is in, as `_key` compares them."""
    return [_key(folder) for folder in path.parents if folder.parts]


def _key(path: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(path)).casefold())


def _harmless(part: str) -> str:
    part = "".join(
        "_" if c in _FORBIDDEN or unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in part
    )
    part = part.strip(" ")
    if part.startswith("."):
        part = "_" + part[1:]
    part = part.encode()[:_LONGEST_PART].decode(errors="ignore").rstrip(" .")
    return f"_{part}" if _RESERVED.fullmatch(part) else part


def unique_names(candidates: list[tuple[str, str]]) -> list[str]:
    """Names for clouds from (name, suffix) pairs, in their order, no two of them the same.

    A name that occurs more than once keeps its suffix if that tells the clouds apart (a.ply, a.npy). Names that are
    still the same get "~2", "~3", …
    """
    first: dict[str, str] = {}
    differ = {name for name, suffix in candidates if first.setdefault(name, suffix) != suffix}
    wanted = [name + suffix if name in differ else name for name, suffix in candidates]
    taken, tried, names = set(wanted), dict.fromkeys(wanted, 0), []
    for name in wanted:
        tried[name] += 1
        unique = name
        if tried[name] > 1:
            while (unique := f"{name}~{tried[name]}") in taken:
                tried[name] += 1
            taken.add(unique)
        names.append(unique)
    return names
