"""The files of folders that are not read: counted by what they are, and what to do to have them read."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from qaadcodec.clouds.opening import SPECIAL
from qaadcodec.clouds.packed import SUFFIX, whole_suffix
from qaadcodec.clouds.recognise import CONVERTED, NAMED
from qaadcodec.clouds.zipped import SUFFIX as ZIP

WITHOUT = "without suffix"
MOST_KINDS = 5  # named of those with one remedy

_PACKED = (".7z", ".bz2", ".rar", ".tar", ".tgz", ".xz", ".zst")

# What to do about files of each kind; what is read when it is named is no matter of conversion.
NAME = "name them to read them"
REMEDIES = {
    **dict.fromkeys((*NAMED, ZIP), NAME),
    **dict.fromkeys(_PACKED, "unpack them"),
    **dict.fromkeys(SPECIAL.values(), "never opened"),
    **dict.fromkeys(CONVERTED, "convert them to PLY"),
}


class Unread:
    """The files that are not read.

    Args:
        named: files that are inputs themselves; they are read, and not counted.

    Attributes:
        kinds: how many there are of each kind: of a suffix (".txt", ".txt.gz"), "without suffix", or what is no file.
        paths: all of them; "set.zip::a.txt" where they are in a zip.
    """

    def __init__(self, named: Iterable[Path] = ()) -> None:
        self._named = {os.path.realpath(path) for path in named}
        self.kinds: Counter[str] = Counter()
        self.paths: list[str] = []

    def take(self, path: Path, what: str | None = None, *, within: str = "") -> None:
        """Count a file, by its suffix or by what it is; `within` names the zip that it is in."""
        if not self._named or os.path.realpath(path) not in self._named:
            self.kinds[what or whole_suffix(path).lower() or WITHOUT] += 1
            self.paths.append(f"{within}::{path.as_posix()}" if within else str(path))

    def counted(self) -> str:
        """The commonest kinds: `3 .txt, 1 .json`."""
        return ", ".join(_counts(self.kinds)[:MOST_KINDS])

    def named_suffixes(self) -> list[str]:
        """The kinds that would be read if they were named."""
        return sorted(kind for kind in self.kinds if _remedy(kind) == NAME)

    def __str__(self) -> str:
        """`12 .txt (name them to read them), 3 .fbx and 1 .stp (convert them to PLY), 4 .json and 1 .md`."""
        parts = []
        for remedy in (*dict.fromkeys(REMEDIES.values()), ""):
            counts = _counts({kind: n for kind, n in self.kinds.items() if _remedy(kind) == remedy})
            if (more := len(counts) - MOST_KINDS) > 0:
                counts[MOST_KINDS:] = [f"{more} more kind{'s' * (more > 1)}"]
            if counts:
                *others, last = counts
                parts.append(f"{', '.join(others)} and {last}" if others else last)
                parts[-1] += f" ({remedy})" if remedy else ""
        return ", ".join(parts)


def _remedy(kind: str) -> str:
    """What to do about files of a kind; "" where there is nothing to do."""
    return REMEDIES.get(kind.removesuffix(SUFFIX), "")


def _counts(kinds: dict[str, int]) -> list[str]:
    """`3 .txt`, `2 pipes`, … the commonest first."""
    ordered = sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))
    return [f"{n} {kind}{'s' * (n > 1 and kind in SPECIAL.values())}" for kind, n in ordered]
