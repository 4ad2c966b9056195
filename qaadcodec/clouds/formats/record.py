"""What a cloud format is: a record that says how its files are told apart, read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import numpy.typing as npt

from qaadcodec.arrays import Rows
from qaadcodec.clouds.cloud import POINT, Points, Unit
from qaadcodec.clouds.formats.arrays import ArrayFile
from qaadcodec.clouds.opening import Place


class Contents(NamedTuple):
    """What a file says of one cloud.

    Attributes:
        values: (M, 3) in the type of the file, not checked yet.
        dropped: what the file has besides the points: "normals", "faces", …
        doubts: what speaks against the file being whole, though it could be read.
        row: names a point in messages, "line 18"; None where its number does, "vertex 17".
        triangles: reads the faces of a mesh, as (T, 3) rows of the points; None where the file has none.
    """

    values: npt.NDArray[Any]
    dropped: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    row: Callable[[int], str] | None = None
    triangles: Callable[[], Rows] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudFormat:
    """What qaad can do with one cloud format.

    Functions that read raise a CloudError that begins with the label of the place. A format that is
    written has `write_one`, `write_many` or both.

    Attributes:
        name: the choice of `--format`, and without its dot the first of the suffixes.
        suffixes: a file of a folder that has one of these is a cloud; lower case, with the dot.
        named_suffixes: further suffixes of the format, for a file that the user names. In a folder of scans such files
            tend to be about the scans, and are left out.
        signatures: a file that begins with one of these is of the format, whatever its suffix.
        sniff: whether a file that begins so may be of the format; asked after the signatures of all formats.
        members: of a format whose files are zips, whether a zip with members of these names is one.
        is_text: whether the files may be shown on a terminal.
        unit: what the format calls a point.
        array: what it calls an array.
        open_arrays: open a file of arrays. None where a file is one cloud.
        count: how many points the file declares, without reading them. None in a file of arrays, which tells, or
            where the points have to be read.
        read: the one cloud of the file. None in a file of arrays.
        write_one: write (M, 3) points that have no name.
        write_many: write named clouds, one after the other as they come.
    """

    name: str
    suffixes: tuple[str, ...]
    named_suffixes: tuple[str, ...] = ()
    signatures: tuple[bytes, ...] = ()
    sniff: Callable[[bytes], bool] | None = None
    members: Callable[[Sequence[str]], bool] | None = None
    is_text: bool = False
    unit: Unit = POINT
    array: str = "array"
    open_arrays: Callable[[Place], ArrayFile] | None = None
    count: Callable[[Place], int] | None = None
    read: Callable[[Place], Contents] | None = None
    write_one: Callable[[BinaryIO, Points], None] | None = None
    write_many: Callable[[BinaryIO, Iterator[tuple[str, Points]]], None] | None = None


class Records(Mapping[str, CloudFormat]):
    """Formats by name. A record is made when it is asked for: to write one format should not wait for the others.

    Args:
        names: of the formats, in their order.
        make: the record of a name.
    """

    def __init__(self, names: Sequence[str], make: Callable[[str], CloudFormat]) -> None:
        self._made: dict[str, CloudFormat | None] = dict.fromkeys(names)
        self._make = make

    def __getitem__(self, name: str) -> CloudFormat:
        record = self._made[name]
        if record is None:
            record = self._made[name] = self._make(name)
        return record

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)
