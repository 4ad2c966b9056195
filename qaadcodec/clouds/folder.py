"""The clouds of a folder and of all folders below it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from qaadcodec.clouds.listing import as_text, clouds_in, unusable
from qaadcodec.clouds.names import natural_key
from qaadcodec.clouds.opening import Place, special
from qaadcodec.clouds.packed import plain_name, whole_suffix
from qaadcodec.clouds.recognise import IN_FOLDERS
from qaadcodec.clouds.source import CloudSource
from qaadcodec.clouds.unread import Unread
from qaadcodec.errors import CloudError
from qaadcodec.files import reason


def clouds_in_folder(folder: Path, unread: Unread) -> list[CloudSource]:
    """The clouds of a folder in natural order, named by their path in it; CloudError if there are none.

    Args:
        unread: counts the files that are left out, and the pipes and devices that are called like clouds.
    """
    found: list[CloudSource] = []
    own = Unread()
    files = sorted(_walk(folder), key=lambda path: (natural_key(name_of(path)), whole_suffix(path)))
    for relative in files:
        path, suffix = folder / relative, plain_name(relative).suffix.lower()
        what = special(path) if suffix in IN_FOLDERS else None
        if what or suffix not in IN_FOLDERS:
            own.take(path, what)
            unread.take(path, what)
            continue
        name, place = as_text(name_of(relative)), Place(path, str(path))
        try:
            found += clouds_in(place, IN_FOLDERS[suffix], name, f"{name}/", "")
        except CloudError as error:
            found.append(unusable(place, name, error))
    if not found:
        raise no_clouds(f"{folder}: no clouds in this folder", own)
    return found


def name_of(relative: Path) -> str:
    """What the cloud of a file is called: its path in the folder, without suffix."""
    return plain_name(relative).with_suffix("").as_posix()


def no_clouds(what: str, unread: Unread) -> CloudError:
    """The error that there are none, which counts what there is instead."""
    others = sum(unread.kinds.values())
    held = f"; it has {others} other file{'s' * (others > 1)} ({unread.counted()})" if others else "; it is empty"
    reads = f"qaad reads {' '.join(IN_FOLDERS)}"
    if named := unread.named_suffixes():
        reads = f"in folders and zips {reads}; files of {' '.join(named)} are read if they are named themselves"
    return CloudError(f"{what}{held}", hint=reads)


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
