"""From what the user gives to the clouds in it: folders, files, URLs, arrays in files and in memory, a pipe."""

from __future__ import annotations

import dataclasses
import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from qaadcodec.clouds.cloud import PointCloud
from qaadcodec.clouds.far import clouds_in_far_folder, place_at, split_selection
from qaadcodec.clouds.folder import clouds_in_folder
from qaadcodec.clouds.listing import as_text, clouds_in, unusable
from qaadcodec.clouds.memory import Array, InMemory, Inputs, listed
from qaadcodec.clouds.names import unique_names
from qaadcodec.clouds.opening import PIPE, Place, special
from qaadcodec.clouds.packed import plain_name, unpacked, whole_suffix
from qaadcodec.clouds.piped import read_pipe
from qaadcodec.clouds.recognise import format_of_input
from qaadcodec.clouds.source import CloudSource
from qaadcodec.clouds.unread import Unread
from qaadcodec.clouds.zip_folder import clouds_in_zip, is_zip
from qaadcodec.errors import CloudError, UsageError
from qaadcodec.files import reason
from qaadcodec.remote.fetched import Kept
from qaadcodec.remote.urls import Location, is_url, located, shown


def find_clouds(
    inputs: Inputs, tell: Callable[[str], None] | None = None, left_out: list[str] | None = None
) -> list[CloudSource]:
    """The clouds in folders, files and arrays, in the order given, folders in natural order (scan2 before scan10).

    An input is a folder (searched with all below it; hidden files and unknown suffixes are left out), a file (of
    unknown suffix: its content tells the format), "file::name" for an array of an NPZ or for a dataset or group of an
    HDF5 file, with "[5]" behind it for one cloud of a set, or "-" for stdin. Arrays and tensors in memory are inputs
    too: (M, 3) is a cloud, (N, M, 3) a set, and (name, array) has a name.

    Folders and files may be at URLs that fsspec knows, patterns with * as well: see `clouds.far`.

    Any of these files may be packed with gzip: see `packed`. A zip is an input as a folder is, and "scans.zip::a/b.ply"
    is a file in it: see `zip_folder`.

    A cloud is called by its path within the folder that was given, or by its file name, without suffix. In a file that
    holds several, the arrays of an NPZ and the datasets of an HDF5 file have their own name, and the slices of an
    (N, M, 3) array their index, padded with zeros; if the file is not the only input, its name and a slash stand in
    front. An array in memory is called by its place among the inputs, if it has no name, and the clouds of a set by
    their index behind that; behind nothing if it is the only input. Names are unique (see `unique_names`).

    If the only input is a file whose arrays cannot be listed, that is an error at once. Such a file among others is a
    source that raises this error when it is loaded or counted, so that it can be skipped.

    Args:
        inputs: what the clouds are in.
        tell: hears which files of folders and zips are left out, in one line; hidden ones are not counted.
        left_out: gets their paths.

    Raises:
        CloudError: an input does not exist, a folder has no clouds, or the only file is none.
        UsageError: there are no inputs, or "-" is given more than once.
    """
    items = listed(inputs)
    if not items:
        raise UsageError("no inputs", hint="name a folder of clouds, or files")
    if sum(item in ("-", Path("-")) for item in items if not isinstance(item, InMemory)) > 1:
        raise UsageError("stdin (-) is given more than once")
    items = [located(item) if is_url(item) else item for item in items]
    found: list[CloudSource] = []
    kept = Kept()
    unread = Unread(Path(item) for item in items if not isinstance(item, InMemory) and os.path.isfile(item))
    for place, item in enumerate(items):
        if isinstance(item, InMemory):
            found += item.sources(place, len(items))
        elif is_url(item):
            found += _clouds_at(item, kept, len(items) == 1, unread)
        else:
            found += _stdin(unread) if str(item) == "-" else _clouds_of(item, len(items) == 1, unread)
    if tell and unread.kinds:
        tell(f"left out: {unread}")
    if left_out is not None:
        left_out += unread.paths
    names = unique_names([(s.name, whole_suffix(s.place.name)) for s in found])
    return [s if s.name == name else dataclasses.replace(s, name=name) for s, name in zip(found, names, strict=True)]


def files_of(sources: Sequence[CloudSource]) -> list[Location]:
    """The files that clouds are read from; those that came through a pipe have none."""
    return list(dict.fromkeys(source.place.origin for source in sources if source.place.origin))


def read_cloud(source: str | Path | Array | CloudSource, *, strict: bool = False) -> PointCloud:
    """Read and check one cloud: see `CloudSource.load`. A path or an array must be exactly one; "-" is stdin."""
    return one_cloud(source).load(strict=strict)


def one_cloud(source: str | Path | Array | CloudSource) -> CloudSource:
    """Where the one cloud of a path or an array is; CloudError if there are more."""
    if isinstance(source, CloudSource):
        return source
    found = find_clouds([source])
    if len(found) > 1:
        what = shown(source) if isinstance(source, str | Path) else "the array"
        raise CloudError(f"{what}: holds {len(found)} clouds", hint=f"choose one, for example {found[0].path}")
    return found[0]


def _clouds_of(item: str | Path, alone: bool, unread: Unread) -> list[CloudSource]:
    path, selection, mode = _path_and_selection(item)
    if stat.S_ISDIR(mode):
        if selection:
            raise CloudError(f"{path}: is a folder, and {selection!r} can only be chosen in a file")
        return clouds_in_folder(path, unread)
    if (what := special(path)) and what != PIPE:
        raise CloudError(f"{path}: is a {what}, and clouds are read from files and pipes")
    place = Place(path, str(path))
    if not stat.S_ISREG(mode):
        name = as_text(plain_name(path).stem)
        with place.opened() as stream:  # a pipe can be read once
            data = read_pipe(stream, str(path))
        return _clouds_in_bytes(Place(data, str(path)), name, "" if alone else f"{name}/", selection, unread)
    return _clouds_in_file(place, selection, alone, unread)


def _clouds_at(item: str, kept: Kept, alone: bool, unread: Unread) -> list[CloudSource]:
    url, selection = split_selection(item)
    found = clouds_in_far_folder(url, kept, unread)
    if found is None:
        return _clouds_in_file(place_at(url, kept), selection, alone, unread)
    if selection:
        raise CloudError(f"{shown(url)}: is a folder or a pattern, and {selection!r} can only be chosen in a file")
    return found


def _clouds_in_file(place: Place, selection: str, alone: bool, unread: Unread) -> list[CloudSource]:
    name = as_text(plain_name(place.name).stem)
    prefix = "" if alone else f"{name}/"
    try:
        if is_zip(place):
            return clouds_in_zip(place, prefix, selection, unread)
        return clouds_in(place, format_of_input(place), name, prefix, selection)
    except CloudError as error:
        if alone or selection:
            raise
        return [unusable(place, name, error)]


def _path_and_selection(item: str | Path) -> tuple[Path, str, int]:
    """The path of an input, what of it was asked for behind "::", and the mode of the path."""
    path, selection, text = Path(item), "", str(item)
    try:
        while "::" in text and not path.exists():
            text, _, end = text.rpartition("::")
            path, selection = Path(text), f"{end}::{selection}" if selection else end
        return path, selection, path.stat().st_mode
    except FileNotFoundError:
        raise CloudError(f"{path}: no such file or folder") from None
    except OSError as error:
        raise CloudError(f"{path}: cannot be read: {reason(error)}") from error
    except ValueError as error:  # a NUL in the name
        raise CloudError(f"{str(path)!r}: no such file or folder") from error


def _stdin(unread: Unread) -> list[CloudSource]:
    if sys.stdin.isatty():
        raise UsageError("stdin (-) is a terminal", hint="pipe a cloud into it: … | qaad … -")
    return _clouds_in_bytes(Place(read_pipe(sys.stdin.buffer, "stdin"), "stdin"), "stdin", "", "", unread)


def _clouds_in_bytes(place: Place, name: str, prefix: str, selection: str, unread: Unread) -> list[CloudSource]:
    place = unpacked(place)
    if is_zip(place):
        return clouds_in_zip(place, prefix, selection, unread)
    return clouds_in(place, format_of_input(place), name, prefix, selection)
