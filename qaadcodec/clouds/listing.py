"""The clouds of one file: the file itself, its arrays, or the slices of its array."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from qaadcodec.clouds.formats.arrays import Shape
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.packed import unpacked
from qaadcodec.clouds.source import CloudSource
from qaadcodec.errors import CloudError


def clouds_in(place: Place, format: CloudFormat, name: str, prefix: str, selection: str) -> list[CloudSource]:
    """The clouds of one file.

    Args:
        place: the file.
        format: its format.
        name: the name of the cloud, if the file holds one.
        prefix: what the names of clouds begin with, if the file holds several.
        selection: what of the file was asked for, "array", "[5]" or "array[5]"; "" for all.

    Raises:
        CloudError: the file cannot be listed, or does not hold what was asked for.
    """
    if format.list_arrays is None:
        if selection:
            raise CloudError(
                f"{place.label}: is one cloud, and {selection!r} can only be chosen in a file that holds several"
            )
        return [CloudSource(name, place, format)]
    key, index = _parse(selection)
    listing = format.list_arrays(dataclasses.replace(unpacked(place), key=key))
    found: list[CloudSource] = []
    for array, declared in listing.clouds.items():
        source = CloudSource(name, dataclasses.replace(place, key=array), format, declared, listing.beside)
        found += _clouds_of_array(source, declared, prefix, index)
    if len(found) == 1 and not selection:
        found[0] = dataclasses.replace(found[0], name=name)
    return found


def unusable(path: Path, name: str, error: CloudError) -> CloudSource:
    """A file among several that cannot be listed. Whoever loads it learns why, or skips it as any bad cloud."""
    return CloudSource(name, Place(path, str(path)), error)


def as_text(name: str) -> str:
    """A file name as text that UTF-8 can hold, whatever bytes it is made of."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _clouds_of_array(source: CloudSource, declared: Shape, prefix: str, index: int | None) -> list[CloudSource]:
    """The cloud (M, 3) that an array is, or the slices of an array (N, M, 3)."""
    place = source.place
    label = f"{place.label}::{place.key}" if place.key else place.label
    if declared.looks_like != "set":
        if index is not None:
            raise CloudError(f"{label}: has the shape {declared.shape}, and [{index}] needs (clouds, points, 3)")
        name = prefix + as_text(place.key.strip("/"))
        return [dataclasses.replace(source, name=name, place=dataclasses.replace(place, label=label))]
    n = declared.shape[0]
    if n == 0:
        raise CloudError(f"{label}: has the shape {declared.shape}, no clouds")
    if index is not None and not -n <= index < n:
        raise CloudError(f"{label}: has no cloud {index}; it has 0 to {n - 1}")
    digits = len(str(n - 1))
    return [
        dataclasses.replace(
            source,
            name=f"{prefix}{i:0{digits}d}",
            place=dataclasses.replace(place, label=f"{place.label}::{place.key}[{i}]", index=i),
        )
        for i in (range(n) if index is None else [index % n])
    ]


def _parse(selection: str) -> tuple[str, int | None]:
    """Name and index of "name[5]"; either may be missing."""
    if match := re.fullmatch(r"(.*)\[(-?[0-9]{1,9})\]", selection, re.DOTALL):
        return match[1], int(match[2])
    return selection, None
