"""`decode`: clouds of an archive become files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy.typing as npt

from qaadcodec.clouds import FORMATS, format_of, safe_relative_paths, write_cloud, write_clouds
from qaadcodec.codec.open import OpenArchive
from qaadcodec.codec.open import open as open_archive
from qaadcodec.errors import EnvironmentFailure, UsageError
from qaadcodec.files import preflight, protect, reason


@dataclass(frozen=True, slots=True)
class DecodeSummary:
    """What was written: the files, how many clouds, and the points of each."""

    paths: tuple[str, ...]
    clouds: int
    points: int


def decode(
    archive: str | Path,
    output: str | Path | BinaryIO,
    *,
    indices: Sequence[int] = (),
    span: slice | None = None,
    name: str | None = None,
    everything: bool = False,
    format: str | None = None,
    points: int | None = None,
    overwrite: bool = False,
) -> DecodeSummary:
    """Write clouds of an archive to one file, to a stream, or one file each into a folder.

    Args:
        archive: the .qaad file.
        output: a file, a stream, or a folder: one that exists, or a path that ends with a slash.
        indices, span, name, everything: which clouds; exactly one of them.
        format: "ply", "npy", "npz", "h5" or "xyz"; by the suffix of the output, and PLY in a folder, when None.
        points: an evenly spread subset of so many points; all when None.
        overwrite: replace existing files.

    Raises:
        UsageError: no such cloud, an unknown format, or several clouds for a format of one.
        ArchiveError, EnvironmentFailure.
    """
    with open_archive(archive) as source:
        chosen = choose(source, indices, span, name, everything)
        count = source.header.points if points is None else points
        folder = as_folder(output)
        if folder is not None:
            paths = into_folder(source, chosen, folder, format or "ply", points, overwrite, archive)
            return DecodeSummary(paths, len(chosen), count)
        kind = format or (format_of(output) if isinstance(output, (str, Path)) else "ply")
        target = Path(output) if isinstance(output, str) else output
        if isinstance(target, Path):
            protect([archive], target)
        if len(chosen) == 1:
            only = source.names[chosen[0]]
            write_cloud(target, source.points(chosen[0], points), kind, names=[only], overwrite=overwrite)
        else:
            write_clouds(target, each(source, chosen, points), kind, overwrite=overwrite)
    where = (str(output),) if isinstance(target, Path) else ()
    return DecodeSummary(where, len(chosen), count)


def choose(
    source: OpenArchive, indices: Sequence[int], span: slice | None, name: str | None, everything: bool
) -> list[int]:
    """Absolute indices of the clouds that were asked for."""
    ways = (len(indices) > 0) + (span is not None) + (name is not None) + everything
    if ways != 1:
        raise UsageError("choose clouds by exactly one of indices, a range, a name and all")
    if everything:
        return list(range(len(source)))
    if name is not None:
        return [source.index_of(name)]
    if span is not None:
        chosen = list(range(len(source)))[span]
        if not chosen:
            first, last = ("" if end is None else end for end in (span.start, span.stop))
            raise UsageError(f"the range {first}:{last} holds no cloud: indices go from 0 to {len(source) - 1}")
        return chosen
    return [source.absolute_index(i) for i in indices]


def as_folder(output: str | Path | BinaryIO) -> Path | None:
    """The output as a folder: a path with a slash behind it, or an existing folder not named as a cloud file is."""
    if not isinstance(output, (str, Path)):
        return None
    if isinstance(output, str) and output.endswith(("/", os.sep)):
        return Path(output)
    path = Path(output)
    return path if path.is_dir() and path.suffix.lstrip(".").lower() not in FORMATS else None


def each(source: OpenArchive, chosen: Sequence[int], points: int | None) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Name and points of each cloud, decoded when its turn comes."""
    for i in chosen:
        yield source.names[i], source.points(i, points)


def into_folder(
    source: OpenArchive,
    chosen: Sequence[int],
    folder: Path,
    format: str,
    points: int | None,
    overwrite: bool,
    archive: str | Path,
) -> tuple[str, ...]:
    """One file a cloud, under names made safe; nothing is written where one of them exists already."""
    targets = [folder / relative for relative in safe_relative_paths([source.names[i] for i in chosen], f".{format}")]
    if format not in FORMATS:
        raise UsageError(f"unknown format {format!r}", hint=f"formats are {', '.join(FORMATS)}")
    source.check(chosen, points)
    if folder.exists() and not folder.is_dir():
        raise EnvironmentFailure(f"{folder} is a file, not a folder", hint="name another folder")
    try:
        for parent in sorted({target.parent for target in targets}):
            parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFailure(f"{error.filename or folder}: {reason(error)}") from error
    for target in targets:
        preflight(target, overwrite)
        protect([archive], target)
    for i, target in zip(chosen, targets, strict=True):
        write_cloud(target, source.points(i, points), format, overwrite=overwrite)
    return tuple(str(target) for target in targets)
