"""`decode`: clouds of an archive become files."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias

import numpy as np

from qaadcodec.arrays import Numbers
from qaadcodec.clouds import WRITTEN, format_of, safe_relative_paths, write_cloud, write_clouds
from qaadcodec.clouds.written import format_to_write
from qaadcodec.codec.folder_output import whole_folder
from qaadcodec.codec.open import OpenArchive
from qaadcodec.codec.open import open as open_archive
from qaadcodec.errors import UsageError
from qaadcodec.files import atomic_output, exists, protect
from qaadcodec.ranks.ranks import ALONE, Ranks
from qaadcodec.ranks.turns import in_turns
from qaadcodec.remote.urls import Location, below, is_url, located, shown


@dataclass(frozen=True, slots=True)
class DecodeSummary:
    """What was written: the files, how many clouds, and the points of each.

    `remark` is what there is to tell of the way the archive was read; "" where there is nothing.
    """

    paths: tuple[str, ...]
    clouds: int
    points: int
    remark: str = ""


Which: TypeAlias = int | str | slice | Sequence[int | str | slice] | None
"""clouds of an archive: an index, a name or a pattern of names, a slice, or several of them; None for all"""


def decode(
    archive: Location,
    output: Location | BinaryIO,
    which: Which = None,
    *,
    format: str | None = None,
    points: int | None = None,
    overwrite: bool = False,
) -> DecodeSummary:
    """Write clouds of an archive to one file, to a stream, or one file each into a folder: all of them or none.

    Args:
        archive: the .qaad file, or its URL, of which only those parts are fetched that are needed.
        output: a file, a stream, or a folder: one that exists, or a path that ends with a slash. Or a URL of these.
        which: an index, a name, a pattern of names such as "walk/*", a slice, or several of them; all when None.
        format: a name in WRITTEN; by the suffix of the output, and PLY in a folder, when None.
        points: an evenly spread subset of so many points; all when None.
        overwrite: replace existing files.

    Raises:
        UsageError: no such cloud, an unknown format, or several clouds for a format of one.
        ArchiveError, EnvironmentFailure.
    """
    return decode_by_all(archive, output, which, Form(format, points, overwrite), ALONE)


class Form(NamedTuple):
    """How clouds are written; see `decode`."""

    format: str | None = None
    points: int | None = None
    overwrite: bool = False


def decode_by_all(
    archive: Location, output: Location | BinaryIO, which: Which, form: Form, ranks: Ranks
) -> DecodeSummary:
    """`decode`, by several ranks that see the same files.

    Each decodes some of the clouds, and writes those of a folder; the first one writes all else.
    """
    format, points, overwrite = form
    with open_archive(archive) as source:
        chosen = choose(source, which)
        count = source.header.points if points is None else points
        folder = ranks.decided(lambda: as_folder(output))
        if folder is not None:
            targets = targets_in(folder, [source.names[i] for i in chosen], format or "ply")
            source.check(chosen, points)
            ranks.decided(lambda: check_targets(targets, archive, overwrite))
            with stored(folder, targets, overwrite, ranks) as opened:
                for place in range(ranks.rank, len(chosen), ranks.size):
                    with opened(place) as stream:
                        write_cloud(stream, source.points(chosen[place], points), format or "ply")
            return DecodeSummary(tuple(map(shown, targets)), len(chosen), count, source.remark)
        kind = format or (format_of(output) if isinstance(output, (str, Path)) else "ply")
        target = located(output) if isinstance(output, str) else output
        if isinstance(target, (str, Path)):
            protect([archive], target)
        if len(chosen) > 1:
            clouds = each(source, chosen, points, ranks)
            if ranks.rank == 0:
                write_clouds(target, clouds, kind, overwrite=overwrite)
            else:
                deque(clouds, maxlen=0)  # these are decoded for the first one
        elif ranks.rank == 0:
            named = format_to_write(kind).write_one is None  # the names of all clouds may be much to read
            names = [source.names[chosen[0]]] if named else None
            write_cloud(target, source.points(chosen[0], points), kind, names=names, overwrite=overwrite)
        where = (shown(output),) if isinstance(target, (str, Path)) else ()
        return DecodeSummary(where, len(chosen), count, source.remark)


def choose(source: OpenArchive, which: Which) -> list[int]:
    """Absolute indices of the clouds that were asked for, in that order; UsageError where that is none."""
    if which is None:
        return list(range(len(source)))
    several = [which] if isinstance(which, int | np.integer | str | slice) else list(which)
    chosen = [index for each in several for index in chosen_by(source, each)]
    if not chosen:
        raise UsageError("no cloud was chosen")
    # What two names or patterns have in common is meant once; an index that is given twice is meant twice.
    return list(dict.fromkeys(chosen)) if any(isinstance(each, str) for each in several) else chosen


def chosen_by(source: OpenArchive, which: int | str | slice) -> list[int]:
    """Absolute indices by one index, name, pattern or slice; UsageError where there is no such cloud."""
    if isinstance(which, slice):
        if not (chosen := list(range(len(source)))[which]):
            ends = ["" if end is None else str(end) for end in (which.start, which.stop)]
            step = [] if which.step is None else [str(which.step)]
            what = f"the range {':'.join([*ends, *step])} holds no cloud"
            raise UsageError(f"{what}: indices go from 0 to {len(source) - 1}")
        return chosen
    if not isinstance(which, str):
        return [source.absolute_index(which)]
    if not any(sign in which for sign in "*?[") or which in source:
        return [source.index_of(which)]
    if not (chosen := [i for i, name in enumerate(source.names) if fnmatchcase(name, which)]):
        ends = [source.names[0], source.names[-1]]
        raise UsageError(f"no name matches {which!r}", hint=f"names go from {ends[0]} to {ends[1]}")
    return chosen


def as_folder(output: Location | BinaryIO) -> Location | None:
    """The output as a folder: a path with a slash behind it, or an existing folder not named as a cloud file is."""
    if not isinstance(output, (str, Path)):
        return None
    path = located(output)
    if isinstance(output, str) and output.endswith(("/", os.sep)):
        return path
    if isinstance(path, str):
        return None
    return path if path.is_dir() and path.suffix.lstrip(".").lower() not in WRITTEN else None


def each(source: OpenArchive, chosen: Sequence[int], points: int | None, ranks: Ranks) -> Iterator[tuple[str, Numbers]]:
    """Name and points of each cloud, decoded when its turn comes."""
    decoded = in_turns(chosen, lambda i: source.points(i, points), ranks)
    return ((source.names[i], cloud) for i, cloud in zip(chosen, decoded, strict=True))


def targets_in(folder: Location, names: Sequence[str], format: str) -> list[Location]:
    """A file for each name, made safe; UsageError for an unknown format.

    What the encoding of file names does not have, which some systems set to less than UTF-8, becomes "_".
    """
    if format not in WRITTEN:
        raise UsageError(f"unknown format {format!r}", hint=f"formats are {', '.join(WRITTEN)}")
    encoding = sys.getfilesystemencoding()
    names = [name.encode(encoding, "replace").decode(encoding) for name in names]
    return [below(folder, relative) for relative in safe_relative_paths(names, f".{format}")]


@contextmanager
def stored(
    folder: Location, targets: Sequence[Location], overwrite: bool, ranks: Ranks
) -> Iterator[Callable[[int], AbstractContextManager[BinaryIO]]]:
    """What opens each target, by its place, to be written: on the disk they appear together or not at all."""
    if is_url(folder):
        yield lambda place: atomic_output(targets[place], overwrite)
        ranks.gathered(None)  # the first tells of what all have written
        return
    with whole_folder(Path(folder), list(map(Path, targets)), overwrite, ranks) as files:
        yield files.opened


def check_targets(targets: Sequence[Location], archive: Location, overwrite: bool) -> None:
    """See that no target is there already, unless it may be replaced, and that none is the archive."""
    if urls := [target for target in targets if is_url(target)]:
        from qaadcodec.remote.writing import check_outputs

        check_outputs(urls, overwrite)
    for target in targets:
        if not overwrite and not is_url(target) and os.path.lexists(target):
            raise exists(target)
        protect([archive], target)
