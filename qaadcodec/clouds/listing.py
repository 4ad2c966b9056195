"""The clouds of one file: the file itself, its arrays, or the slices of its array."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from typing import Any, NamedTuple

import numpy.typing as npt

from qaadcodec.clouds.formats.arrays import ArrayFile, CloudArray, Layout, fields_of, numbers_of
from qaadcodec.clouds.formats.axes import check_layout
from qaadcodec.clouds.formats.choose import Choice, choose, layout_among
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.packed import unpacked
from qaadcodec.clouds.shared import SharedFile
from qaadcodec.clouds.source import ArrayPart, CloudSource
from qaadcodec.errors import CloudError

MOST_CLOUDS = 1 << 20  # of one file: each takes memory before it is read


def clouds_in(place: Place, format: CloudFormat, name: str, prefix: str, selection: str) -> list[CloudSource]:
    """The clouds of one file.

    Args:
        place: the file.
        format: its format.
        name: the name of the cloud, if the file holds one.
        prefix: what the names of clouds begin with, if the file holds several.
        selection: what of the file was asked for, "array", "array[N,3,M]", "[5]" or "array[5]"; "" for all.

    Raises:
        CloudError: the file cannot be listed, or does not hold what was asked for.
    """
    if format.open_arrays is None:
        if selection:
            raise CloudError(
                f"{place.label}: is one cloud, and {selection!r} can only be chosen in a file that holds several"
            )
        return [CloudSource(name, place, format)]
    wanted = _parse(selection)
    with contextlib.closing(format.open_arrays(unpacked(place))) as file:
        choice = _chosen(file, place.label, format, wanted)
        _check(file, choice, place.label)
    last = choice.arrays[-1]
    end = (last.key, None if last.layout is Layout.CLOUD else last.clouds - 1)
    shared = SharedFile(place, format, None if wanted.cloud is not None else end)
    found: list[CloudSource] = []
    for array in choice.arrays:
        part = ArrayPart(shared, array)
        source = CloudSource(name, place, format, part, choice.beside, _told(array) if choice.told else "")
        several = f"{as_text(array.key.strip('/'))}/" if len(choice.arrays) > 1 else ""
        found += _clouds_of_array(source, part, prefix, several, wanted.cloud)
    if len(found) == 1 and not selection:
        found[0] = dataclasses.replace(found[0], name=name)
    return found


def unusable(place: Place, name: str, error: CloudError) -> CloudSource:
    """A file among several that cannot be listed. Whoever loads it learns why, or skips it as any bad cloud."""
    return CloudSource(name, place, error)


def as_text(name: str) -> str:
    """A file name as text that UTF-8 can hold, whatever bytes it is made of."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _chosen(file: ArrayFile, label: str, format: CloudFormat, wanted: Selection) -> Choice:
    """The arrays that were asked for: one by its name, or those that are clouds in the file or a group of it."""
    shapes = file.shapes(wanted.key)
    whole = f"{label}::{wanted.key}" if wanted.key else label
    if set(shapes) not in ({wanted.key}, {"/" + wanted.key.strip("/")}):
        if wanted.layout:
            raise CloudError(f"{whole}: is several {format.array}s, and [{wanted.layout.value}] goes with one")
        return choose(shapes, whole, format.array, lambda key: _values(file, key))
    ((key, declared),) = shapes.items()
    check_layout(declared, wanted.layout, f"{label}: {format.array} {key}" if key else label)
    layout = wanted.layout or declared.layouts[0]
    if wanted.layout is None and len(declared.layouts) > 1:
        layout = layout_among(key, file.shapes(""), label, lambda key: _values(file, key))
    return Choice([CloudArray(key, declared, layout)], (), told=not layout.is_plain)


def _values(file: ArrayFile, key: str) -> npt.NDArray[Any]:
    file.check(key)
    return numbers_of(file.read(key, ()))


def _check(file: ArrayFile, choice: Choice, label: str) -> None:
    """Refuse a set that claims too much before anything is made for each of its clouds. One cloud is checked later."""
    total = 0
    for array in choice.arrays:
        place = f"{label}::{array.key}" if array.key else label
        shape = array.declared.numbers.shape
        if array.layout is not Layout.CLOUD:
            file.check(array.key)
            if array.clouds == 0 or array.cloud.shape[0] == 0:
                raise CloudError(f"{place}: has the shape {shape}, no {'points' if array.clouds else 'clouds'}")
        total += array.clouds
        if total > MOST_CLOUDS:
            raise CloudError(f"{place}: has the shape {shape}; a file holds {MOST_CLOUDS} clouds at most")


def _told(array: CloudArray) -> str:
    """What a note calls an array: its own name, and its axes where they are unusual."""
    name = array.key.rsplit("/", 1)[-1] or "the array"
    if fields_of(array.declared.dtype):
        name += " (fields x, y, z)"
    return name if array.layout.is_plain else f"{name} as ({array.layout.value.replace(',', ', ')})"


def _clouds_of_array(
    source: CloudSource, part: ArrayPart, prefix: str, several: str, index: int | None
) -> list[CloudSource]:
    """The cloud that an array is, or the clouds of a set.

    Args:
        several: what their names begin with behind the prefix, if the file holds several sets.
    """
    place, array = source.place, part.array
    label = f"{place.label}::{array.key}" if array.key else place.label
    shape = array.declared.numbers.shape
    if array.layout is Layout.CLOUD:
        if index is not None:
            raise CloudError(f"{label}: has the shape {shape}, and [{index}] needs (clouds, points, 3)")
        name = prefix + as_text(array.key.strip("/"))
        return [dataclasses.replace(source, name=name, place=dataclasses.replace(place, label=label, key=array.key))]
    n = array.clouds
    if index is not None and not -n <= index < n:
        raise CloudError(f"{label}: has no cloud {index}; it has 0 to {n - 1}")
    digits = len(str(n - 1))
    axes = "" if array.layout.is_plain else f"[{array.layout.value}]"
    return [
        CloudSource(
            f"{prefix}{several}{i:0{digits}d}",
            dataclasses.replace(place, label=f"{place.label}::{array.key}{axes}[{i}]", key=array.key, index=i),
            source.format,
            part,
            source.beside,
            source.chosen,
        )
        for i in (range(n) if index is None else [index % n])
    ]


class Selection(NamedTuple):
    """What of a file was asked for: an array or a group, how its axes are to be read, one of its clouds."""

    key: str
    layout: Layout | None
    cloud: int | None


def _parse(selection: str) -> Selection:
    """The parts of "name[N,3,M][5]", any of which may be missing."""
    axes = "|".join(layout.value for layout in Layout)
    match = re.fullmatch(rf"(.*?)(?:\[({axes})\])?(?:\[(-?[0-9]{{1,9}})\])?", selection, re.DOTALL)
    assert match is not None  # each part may be missing
    return Selection(match[1], Layout(match[2]) if match[2] else None, int(match[3]) if match[3] else None)
