"""The clouds of a zip, which is read as the folder that it would unpack to."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from qaadcodec.clouds.folder import name_of, no_clouds
from qaadcodec.clouds.listing import as_text, clouds_in, unusable
from qaadcodec.clouds.names import natural_key
from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.packed import plain_name, whole_suffix
from qaadcodec.clouds.recognise import IN_FOLDERS, NAMED, format_of_input, members_of, packaged
from qaadcodec.clouds.source import CloudSource
from qaadcodec.clouds.unread import Unread
from qaadcodec.clouds.zipped import SIGNATURE, SUFFIX, Member, ZipOfClouds
from qaadcodec.errors import CloudError

_LISTED = 8  # names in a message


def is_zip(place: Place) -> bool:
    """Whether an input is a zip of cloud files: by its suffix, or by its content where the suffix is of no format.

    NPZ and 3MF are zips, too: see `packaged`. The zip may be packed with gzip.
    """
    suffix = plain_name(place.name).suffix.lower()
    if suffix == SUFFIX or suffix in NAMED:
        return suffix == SUFFIX
    with place.opened() as stream:
        if stream.read(len(SIGNATURE)) != SIGNATURE:
            return False
        members = members_of(stream)
    return members is not None and packaged(members) is None


def clouds_in_zip(place: Place, prefix: str, selection: str, unread: Unread) -> list[CloudSource]:
    """The clouds of a zip in natural order, named by their path in it. Nothing is written to the disk.

    Args:
        place: the zip.
        prefix: what the names of its clouds begin with.
        selection: a member, "a/b.ply", or a folder in the zip; with "::" and more behind a member that holds several
            clouds. "" for all.
        unread: counts the members that are left out, as those of a folder.

    Raises:
        CloudError: it is no zip, has no clouds, or does not hold what was asked for.
    """
    archive = ZipOfClouds(place)
    member, _, rest = selection.partition("::")
    if member in archive.times:
        archive.check(member)
        inner = _place(archive, member, last=True)
        name = prefix + as_text(name_of(inner.name))
        return clouds_in(inner, format_of_input(inner), name, f"{name}/", rest)
    within = [name for name in archive.names if not member or name.startswith(f"{member.rstrip('/')}/")]
    if member and (rest or not within):
        held = ", ".join(archive.names[:_LISTED])
        raise CloudError(f"{place.label}: holds no file {member!r}", hint=f"it holds {held}" if held else None)
    return _all(archive, within, prefix, unread)


def _all(archive: ZipOfClouds, names: list[str], prefix: str, unread: Unread) -> list[CloudSource]:
    """The clouds of these members; one that cannot be listed is a source that raises when it is read."""
    own, paths = Unread(), []
    for path in map(Path, names):
        suffix = plain_name(path).suffix.lower()
        if any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in path.parts):
            continue
        if suffix in IN_FOLDERS or path.suffix.lower() == SUFFIX:
            paths.append(path)
        else:
            own.take(path)
            unread.take(path, within=archive.place.label)
    paths.sort(key=lambda path: (natural_key(name_of(path)), whole_suffix(path)))
    found: list[CloudSource] = []
    for path in paths:
        inner = _place(archive, path.as_posix(), last=path == paths[-1])
        name = prefix + as_text(name_of(path))
        try:
            archive.check(path.as_posix())
            found += clouds_in(inner, IN_FOLDERS[plain_name(path).suffix.lower()], name, f"{name}/", "")
        except CloudError as error:
            found.append(unusable(inner, name, error))
    if not found:
        raise no_clouds(f"{archive.place.label}: no clouds in this zip", own)
    return found


def _place(archive: ZipOfClouds, name: str, *, last: bool) -> Place:
    return Place(None, f"{archive.place.label}::{name}", inner=Member(archive, PurePosixPath(name), last))
