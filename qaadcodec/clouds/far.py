"""The clouds at a URL: of a file, of a folder with all below it, or of the files that a pattern matches."""

from __future__ import annotations

import re
from pathlib import Path

from qaadcodec.clouds.folder import name_of, no_clouds
from qaadcodec.clouds.listing import as_text, clouds_in, unusable
from qaadcodec.clouds.names import natural_key
from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.packed import plain_name, whole_suffix
from qaadcodec.clouds.recognise import IN_FOLDERS
from qaadcodec.clouds.source import CloudSource
from qaadcodec.clouds.unread import Unread
from qaadcodec.errors import CloudError
from qaadcodec.remote.fetched import FetchedFile, Kept
from qaadcodec.remote.listing import Found, files_at
from qaadcodec.remote.storage import Missing
from qaadcodec.remote.urls import shown

_SELECTION = re.compile(r"(\w[\w+.-]+://[^/]*.*?)(?:::(.*))?", re.DOTALL)  # "::" may be part of a host's number


class FarFile(FetchedFile):
    """A cloud file at a URL; where there is none, that is an error of the cloud, as it is for a file on the disk."""

    def read(self) -> Path:
        """The file on this machine; CloudError where there is none, EnvironmentFailure where it cannot be fetched."""
        try:
            return super().read()
        except Missing as error:
            raise CloudError(str(error)) from None


def split_selection(item: str) -> tuple[str, str]:
    """A URL, and what of the file there was asked for behind "::"."""
    match = _SELECTION.fullmatch(item)
    assert match is not None  # it is a URL
    return match[1], match[2] or ""


def place_at(url: str, kept: Kept) -> Place:
    """A file at a URL, which is fetched when it is read."""
    return Place(None, shown(url), inner=FarFile(url, kept))


def clouds_in_far_folder(url: str, kept: Kept, unread: Unread) -> list[CloudSource] | None:
    """The clouds of a folder or a pattern in natural order, named by their path in it. None where there is a file.

    Args:
        kept: where files that are fetched are kept.
        unread: counts the files that are left out.

    Raises:
        CloudError: there is no such folder, or it has no clouds; EnvironmentFailure: it cannot be listed.
    """
    try:
        files = files_at(url)
    except Missing as error:
        raise CloudError(str(error)) from None
    if files is None:
        return None
    own = Unread()
    clouds: list[tuple[Path, Found]] = []
    for file in files:
        path = Path(file.relative)
        if plain_name(path).suffix.lower() in IN_FOLDERS:
            clouds.append((path, file))
        else:
            own.take(path)
            unread.take(path)
    clouds.sort(key=lambda cloud: (natural_key(name_of(cloud[0])), whole_suffix(cloud[0])))
    found: list[CloudSource] = []
    for path, file in clouds:
        name, place = as_text(name_of(path)), place_at(file.url, kept)
        try:
            found += clouds_in(place, IN_FOLDERS[plain_name(path).suffix.lower()], name, f"{name}/", "")
        except CloudError as error:
            found.append(unusable(place, name, error))
    if not found:
        raise no_clouds(f"{shown(url)}: no clouds there", own)
    return found
