"""What a cloud format is: a record that says how its files are told apart, read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import numpy.typing as npt

from qaadcodec.clouds.cloud import POINT, Points, Unit
from qaadcodec.clouds.formats.arrays import Shape
from qaadcodec.clouds.opening import Place


class Listing(NamedTuple):
    """What a file of arrays holds.

    Attributes:
        clouds: the arrays that are clouds (M, 3), or the one array that is a set of them (N, M, 3), by name and in
            order; an array without a name is called "".
        beside: the names of the other arrays.
    """

    clouds: Mapping[str, Shape]
    beside: tuple[str, ...] = ()


class Contents(NamedTuple):
    """What a file says of one cloud.

    Attributes:
        values: (M, 3) in the type of the file, not checked yet.
        dropped: what the file has besides the points: "normals", "faces", …
        doubts: what speaks against the file being whole, though it could be read.
        row: names a point in messages, "line 18"; None where its number does, "vertex 17".
    """

    values: npt.NDArray[Any]
    dropped: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    row: Callable[[int], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudFormat:
    """What qaad can do with one cloud format.

    Functions that read raise a CloudError that begins with the label of the place. A format has `write_one`,
    `write_many` or both.

    Attributes:
        name: the choice of `--format`, and without its dot the first of the suffixes.
        suffixes: a file of a folder that has one of these is a cloud; lower case, with the dot.
        named_suffixes: further suffixes of the format, for a file that the user names. In a folder of scans such files
            tend to be about the scans, and are left out.
        signatures: a file that begins with one of these is of the format, whatever its suffix.
        sniff: whether a file that begins so may be of the format; asked after the signatures of all formats.
        is_text: whether the files may be shown on a terminal.
        unit: what the format calls a point.
        list_arrays: the arrays of the file or, where the place has a key, that array or what is in that group. None
            where a file is one cloud.
        count: how many points the file declares, without reading them. None where `list_arrays` tells, or where the
            points have to be read.
        read: one cloud: the file or, at the key and the index of the place, an array or a slice of an array.
        write_one: write (M, 3) points that have no name.
        write_many: write named clouds, one after the other as they come.
    """

    name: str
    suffixes: tuple[str, ...]
    named_suffixes: tuple[str, ...] = ()
    signatures: tuple[bytes, ...] = ()
    sniff: Callable[[bytes], bool] | None = None
    is_text: bool = False
    unit: Unit = POINT
    list_arrays: Callable[[Place], Listing] | None = None
    count: Callable[[Place], int] | None = None
    read: Callable[[Place], Contents]
    write_one: Callable[[BinaryIO, Points], None] | None = None
    write_many: Callable[[BinaryIO, Iterator[tuple[str, Points]]], None] | None = None
