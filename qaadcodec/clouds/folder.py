"""The clouds of a folder and of all folders below it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from qaadcodec.clouds.listing import as_text, clouds_in, unusable
from qaadcodec.clouds.names import natural_key
from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.packed import plain_name, whole_suffix
from qaadcodec.clouds.recognise import IN_FOLDERS
from qaadcodec.clouds.source import CloudSource
from qaadcodec.errors import CloudError
from qaadcodec.files import reason


def clouds_in_folder(folder: Path) -> list[CloudSource]:
    """The clouds of a folder in natural order, named by their path in it; CloudError if there are none."""
    found: list[CloudSource] = []
    ignored: Counter[str] = Counter()
    files = sorted(_walk(folder), key=lambda path: (natural_key(_name(path)), whole_suffix(path)))
    for relative in files:
        suffix = plain_name(relative).suffix.lower()
        if suffix not in IN_FOLDERS:
            ignored[whole_suffix(relative).lower() or "without suffix"] += 1
            continue
        path, name = folder / relative, as_text(_name(relative))
        try:
            found += clouds_in(Place(path, str(path)), IN_FOLDERS[suffix], name, f"{name}/", "")
        except CloudError as error:
            found.append(unusable(path, name, error))
    if not found:
        raise _no_clouds(folder, ignored)
    return found


def _name(relative: Path) -> str:
    """What the cloud of a file is called: its path in the folder, without suffix."""
    return plain_name(relative).with_suffix("").as_posix()


def _no_clouds(folder: Path, ignored: Counter[str]) -> CloudError:
    kinds = sorted(ignored.items(), key=lambda kind: (-kind[1], kind[0]))
    seen = ", ".join(f"{n} {suffix}" for suffix, n in kinds[:5])
    others = sum(ignored.values())
    held = f"; it has {others} other file{'s' * (others > 1)} ({seen})" if ignored else "; it is empty"
    return CloudError(f"{folder}: no clouds in this folder{held}", hint=f"qaad reads {' '.join(IN_FOLDERS)}")


def _walk(folder: Path) -> Iterator[Path]:
    """The files below a folder that are not hidden, relative to it. Linked folders are entered, each real one once."""

    def refuse(error: OSError) -> NoReturn:
        raise CloudError(f"{error.filename}: cannot be read: {reason(error)}") from error

    seen: set[tuple[int, int]] = set()
    for place, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        state = os.stat(place)
        if (state.st_dev, state.st_ino) in seen:
            folders.clear()
            continue
        seen.add((state.st_dev, state.st_ino))
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for file in files:
            if not file.startswith("."):
                yield Path(place, file).relative_to(folder)
