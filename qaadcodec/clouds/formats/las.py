"""LAS and LAZ files of laser scanners, versions 1.0 to 1.4: their points. laspy reads them, and lazrs unpacks LAZ."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.clouds.formats.extra import faults, library
from qaadcodec.clouds.formats.laz_header import check_packing
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.opening import Place, remaining
from qaadcodec.clouds.packed import check_claim
from qaadcodec.errors import CloudError

_MAGIC = b"LASF"
_HEADER = 227  # bytes of the shortest
_RECORDS, _SHORTEST_RECORD = slice(100, 104), 54  # where variable length records are counted; bytes of one
_FORMAT, _PACKED = 104, 0x80  # where the format of points is; its bit that says LAZ
_AT_ONCE = 1 << 16  # points
_BYTES = 24  # of a point that is read; LAZ takes 2 to 10 for one
_NAMES = {
    "gps_time": "GPS times",
    **dict.fromkeys(("red", "green", "blue"), "colours"),
    "nir": "near infrared",
    "wavepacket_index": "waveforms",
}


def read(place: Place) -> Contents:
    """The points, (M, 3) float64: whole numbers of the file times its scale plus its offset.

    Raises:
        CloudError: laspy or lazrs is not installed; the file is no LAS, is truncated or damaged, or has no points.
    """
    label = place.label
    with place.opened() as stream, _opened(stream, label) as reader:
        header = reader.header
        count, scale, offset = int(header.point_count), np.array(header.scales), np.array(header.offsets)
        points: Doubles = np.empty((count, 3))
        done = 0
        with faults(label, "LAS"):
            for chunk in reader.chunk_iterator(_AT_ONCE):
                part = np.stack([np.asarray(chunk[axis]) for axis in "XYZ"], axis=1)
                points[done : done + len(part)] = part * scale + offset
                done += len(part)
        if done < count:
            raise CloudError(f"{label}: is truncated: it ends after {done} of {count} points")
        dimensions = header.point_format
        extra = (name for name in dimensions.extra_dimension_names)
        names = [_NAMES[name] for name in dimensions.standard_dimension_names if name in _NAMES]
        return Contents(points, tuple(dict.fromkeys(["intensity, returns and classes", *names, *extra])))


def count(place: Place) -> int:
    """How many points the header declares, once it is clear that the file is long enough for them."""
    with place.opened() as stream, _opened(stream, place.label) as reader:
        return int(reader.header.point_count)


@contextlib.contextmanager
def _opened(stream: BinaryIO, label: str) -> Iterator[Any]:
    """The reader of laspy, once the header adds up."""
    size = remaining(stream)
    if not size:
        raise CloudError(f"{label}: is empty (0 bytes)")
    laspy = library("laspy", label)
    start = stream.read(_HEADER)
    stream.seek(0)
    if not start.startswith(_MAGIC) or len(start) < _HEADER:
        raise CloudError(f"{label}: is not a whole LAS file: it has no whole header of {_HEADER} bytes")
    records = int.from_bytes(start[_RECORDS], "little")
    if records * _SHORTEST_RECORD > size:
        raise CloudError(f"{label}: is damaged: its header counts {records} records in {size} bytes")
    if start[_FORMAT] & _PACKED:
        library("lazrs", label)
    with faults(label, "LAS"):
        reader = laspy.open(stream, closefd=False, read_evlrs=False, laz_backend=[laspy.LazBackend.Lazrs])
        header = reader.header
        points, record, begin = int(header.point_count), int(header.point_format.size), int(header.offset_to_point_data)
        packed = bool(header.are_points_compressed)
        laszip = header.vlrs.get("LasZipVlr") if packed else []
    if not points:
        raise CloudError(f"{label}: has no points")
    needed = begin + (0 if packed else points * record)
    if needed > size:
        raise CloudError(f"{label}: is truncated: {points} points need {needed} bytes, and it has {size}")
    if packed:
        check_claim(points * _BYTES, size, label)
        if not laszip:
            raise CloudError(f"{label}: is packed, and does not say how: it has no record of LASzip")
        check_packing(laszip[0].record_data, stream, points=points, size=record, start=begin, label=label)
    yield reader


FORMAT = CloudFormat(
    name="las",
    suffixes=(".las", ".laz"),
    signatures=(_MAGIC,),
    count=count,
    read=read,
)
