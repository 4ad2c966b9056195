"""From what the user gives to the clouds in it: folders, files, arrays in files, a pipe."""

from __future__ import annotations

import dataclasses
import os
import re
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from qaadcodec.clouds.cloud import PointCloud
from qaadcodec.clouds.formats import SUFFIXES, hdf5, input_format, numpy_files, sniff
from qaadcodec.clouds.formats.arrays import Shape, choose
from qaadcodec.clouds.names import natural_key, unique_names
from qaadcodec.clouds.opening import opened
from qaadcodec.clouds.source import CloudSource
from qaadcodec.errors import CloudError, UsageError
from qaadcodec.files import reason


def find_clouds(inputs: Sequence[str | Path]) -> list[CloudSource]:
    """The clouds in folders, files and arrays, in the order given, folders in natural order (scan2 before scan10).

    An input is a folder (searched with all below it; hidden files and unknown suffixes are left out), a file (of
    unknown suffix: its content tells the format), "file::name" for an array of an NPZ or for a dataset or group of an
    HDF5 file, with "[5]" behind it for one cloud of an (N, M, 3) array, or "-" for stdin.

    Clouds are named by their path within the folder that was given, or their file name, without suffix. Where a file
    holds several, arrays of an NPZ and datasets of an HDF5 file are named by their own name, slices of an (N, M, 3)
    array by their index, padded with zeros; if the file is not the only input, its name and a slash stand in front.
    Names are unique (see `unique_names`).

    A file whose arrays cannot be listed is an error at once where it is the only input; among others it is a source
    that raises this error when it is loaded or counted, so that it can be skipped.

    Raises:
        CloudError: nothing there, a folder without clouds, or an only file that is none.
        UsageError: no inputs, or "-" more than once.
    """
    if not inputs:
        raise UsageError("no inputs", hint="name a folder of clouds, or files")
    if sum(str(i) == "-" for i in inputs) > 1:
        raise UsageError("stdin (-) is given more than once")
    found: list[CloudSource] = []
    for item in inputs:
        found += _clouds_of(item, alone=len(inputs) == 1)
    names = unique_names([(s.name, s.file.suffix if isinstance(s.file, Path) else "") for s in found])
    return [dataclasses.replace(s, name=name) for s, name in zip(found, names, strict=True)]


def files_of(sources: Sequence[CloudSource]) -> list[Path]:
    """The files that clouds are read from; those that came through a pipe have none."""
    return [source.file for source in sources if isinstance(source.file, Path)]


def read_cloud(source: str | Path | CloudSource) -> PointCloud:
    """Read and check one cloud: see `CloudSource.load`. A path must lead to exactly one; "-" is stdin."""
    if isinstance(source, CloudSource):
        return source.load()
    found = find_clouds([source])
    if len(found) > 1:
        raise CloudError(f"{source}: holds {len(found)} clouds", hint=f"choose one, for example {found[0].path}")
    return found[0].load()


def _clouds_of(item: str | Path, alone: bool) -> list[CloudSource]:
    if str(item) == "-":
        return _stdin()
    path, selection = Path(item), ""
    try:
        if "::" in str(item) and not path.exists():
            file, _, selection = str(item).rpartition("::")
            path = Path(file)
        mode = path.stat().st_mode
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise CloudError(f"{path}: no such file or folder") from None
        raise CloudError(f"{path}: cannot be read: {reason(error)}") from error
    except ValueError as error:  # a NUL in the name
        raise CloudError(f"{str(path)!r}: no such file or folder") from error
    if stat.S_ISDIR(mode):
        if selection:
            raise CloudError(f"{path}: is a folder, and {selection!r} can only be chosen in a file")
        return _folder(path)
    prefix = "" if alone else _text(path.stem) + "/"
    if stat.S_ISREG(mode):
        try:
            with opened(path, str(path)) as stream:
                format = input_format(path, stream.read(4096), str(path))
            return _file(path, str(path), format, _text(path.stem), prefix, selection)
        except CloudError as error:
            if alone or selection:
                raise
            return [_unusable(path, _text(path.stem), error)]
    with opened(path, str(path)) as stream:  # a pipe can be read once
        data = stream.read()
    return _file(data, str(path), sniff(data[:4096], str(path)), _text(path.stem), prefix, selection)


def _unusable(path: Path, name: str, error: CloudError) -> CloudSource:
    """One of several files whose content cannot be listed: who loads it learns why, or skips it as any bad cloud."""
    return CloudSource(name, str(path), path, "", problem=error)


def _stdin() -> list[CloudSource]:
    if sys.stdin.isatty():
        raise UsageError("stdin (-) is a terminal", hint="pipe a cloud into it: … | qaad … -")
    data = sys.stdin.buffer.read()
    return _file(data, "stdin", sniff(data[:4096], "stdin"), "stdin", "", "")


def _folder(folder: Path) -> list[CloudSource]:
    found: list[CloudSource] = []
    ignored: Counter[str] = Counter()
    files = sorted(_walk(folder), key=lambda path: (natural_key(path.with_suffix("").as_posix()), path.suffix))
    for path in files:
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            ignored[suffix or "without suffix"] += 1
            continue
        name = _text(path.with_suffix("").as_posix())
        try:
            found += _file(folder / path, str(folder / path), SUFFIXES[suffix], name, f"{name}/", "")
        except CloudError as error:
            found.append(_unusable(folder / path, name, error))
    if not found:
        kinds = sorted(ignored.items(), key=lambda kind: (-kind[1], kind[0]))
        seen = ", ".join(f"{n} {suffix}" for suffix, n in kinds[:5])
        others = sum(ignored.values())
        held = f"; it has {others} other file{'s' * (others > 1)} ({seen})" if ignored else "; it is empty"
        raise CloudError(f"{folder}: no clouds in this folder{held}", hint=f"qaad reads {' '.join(SUFFIXES)}")
    return found


def _walk(folder: Path) -> Iterator[Path]:
    """Files below a folder that are not hidden, relative to it. Linked folders are entered, each real one once."""

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


def _file(file: Path | bytes, label: str, format: str, name: str, prefix: str, selection: str) -> list[CloudSource]:
    """The clouds of one file: itself, or its arrays, or the slices of its array, `prefix` before the names of those."""
    key, index = _parse(selection, label)
    beside: tuple[str, ...] = ()
    if format in ("ply", "xyz"):
        if selection:
            raise CloudError(f"{label}: is one cloud, and {selection!r} can only be chosen in NPZ and HDF5 files")
        return [CloudSource(name, label, file, format)]
    if format == "npy":
        if key:
            raise CloudError(f"{label}: is one array, and has none of the name {key!r}")
        with opened(file, label) as stream:
            arrays, chosen = {"": numpy_files.npy_shape(stream, label)[0]}, [""]
    elif format == "npz":
        arrays = numpy_files.npz_shapes(file, label)
        if key and key not in arrays:
            raise CloudError(f"{label}: holds no array {key!r}", hint=f"it holds {', '.join(list(arrays)[:8])}")
        chosen, beside = ([key], ()) if key else choose(arrays, label, "array")
    else:
        arrays = hdf5.shapes(file, label, key or "/")
        chosen, beside = choose(arrays, f"{label}::{key}" if key else label, "dataset")
        chosen.sort(key=natural_key)
    found: list[CloudSource] = []
    for array in chosen:
        found += _array(CloudSource(name, label, file, format, array, beside=beside), arrays[array], prefix, index)
    if len(found) == 1 and not selection:
        found[0] = dataclasses.replace(found[0], name=name)
    return found


def _array(source: CloudSource, declared: Shape, prefix: str, index: int | None) -> list[CloudSource]:
    """The cloud or the slices of one array."""
    label = f"{source.path}::{source.key}" if source.key else source.path
    if declared.looks_like != "set":
        if index is not None:
            raise CloudError(f"{label}: has the shape {declared.shape}, and [{index}] needs (clouds, points, 3)")
        name = prefix + _text(source.key.strip("/"))
        return [dataclasses.replace(source, name=name, path=label, declared=declared)]
    n = declared.shape[0]
    if n == 0:
        raise CloudError(f"{label}: has the shape {declared.shape}, no clouds")
    if index is not None and not -n <= index < n:
        raise CloudError(f"{label}: has no cloud {index}; it has 0 to {n - 1}")
    digits, start = len(str(n - 1)), f"{source.path}::{source.key}"
    return [
        dataclasses.replace(source, name=f"{prefix}{i:0{digits}d}", path=f"{start}[{i}]", index=i, declared=declared)
        for i in (range(n) if index is None else [index % n])
    ]


def _parse(selection: str, label: str) -> tuple[str, int | None]:
    """Name and index of "name[5]"; either may be missing."""
    if match := re.fullmatch(r"(.*)\[(-?[0-9]{1,9})\]", selection, re.DOTALL):
        return match[1], int(match[2])
    return selection, None


def _text(name: str) -> str:
    """A file name as text that UTF-8 can hold, whatever bytes it is made of."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
