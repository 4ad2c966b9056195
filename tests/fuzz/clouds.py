"""Reading a cloud file: whatever is in it, clouds that keep the promises of `PointCloud`, or a CloudError."""

from __future__ import annotations

import io
import sys
import warnings
import zlib
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np

from qaadcodec.clouds import find_clouds
from qaadcodec.clouds.cloud import PointCloud
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.listing import clouds_in
from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.source import CloudSource
from qaadcodec.clouds.unread import Unread
from qaadcodec.clouds.zip_folder import clouds_in_zip
from qaadcodec.errors import CloudError

LABEL = "scan"
MOST_READ = 3  # clouds of a file, and the last one
DRAWN = 64


class Again(NamedTuple):
    """What is done with a cloud beside reading it, each of which reads the file again."""

    count: bool = True
    strict: bool = True
    faces: bool = True


EVERYTHING, NOTHING = Again(), Again(count=False, strict=False, faces=False)
SHARES = (EVERYTHING, *(NOTHING._replace(**{name: True}) for name in Again._fields), *[NOTHING] * 4)


def share_of(data: bytes) -> Again:
    """What a long run does with an input: for the same bytes always the same, and for half of them nothing."""
    return SHARES[zlib.crc32(data) % len(SHARES)]


Result = TypeVar("Result")


def read_format(format: CloudFormat, data: bytes, again: Again = EVERYTHING) -> None:
    """List and read the clouds of a file of that format."""
    _read(LABEL, again, lambda: clouds_in(Place(data, LABEL), format, "cloud", "", ""))


def read_zip(data: bytes, again: Again = EVERYTHING) -> None:
    """The same of a zip of files."""
    _read(LABEL, again, lambda: clouds_in_zip(Place(data, LABEL), "", "", Unread()))


def read_stdin(data: bytes, again: Again = EVERYTHING) -> None:
    """The same of anything that comes through a pipe: its content tells what it is, and it may be packed."""
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")
    try:
        _read("stdin", again, lambda: find_clouds(["-"]))
    finally:
        sys.stdin = before


def _read(label: str, again: Again, find: Callable[[], list[CloudSource]]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it would be printed
        sources = _or_refused(label, find) or []
        for source in sources[:MOST_READ] + sources[MOST_READ:][-1:]:
            _read_one(label, again, source)


def _read_one(label: str, again: Again, source: CloudSource) -> None:
    count = _or_refused(label, source.count) if again.count else None
    cloud = _or_refused(label, source.load)
    strict = _or_refused(label, partial(source.load, strict=True)) if again.strict else None
    if cloud is None:
        assert strict is None, "what is read strictly is read at all"
        return
    _check(cloud)
    if strict is not None:
        assert cloud.points.tobytes() == strict.points.tobytes(), "strictly, the same points are read"
    if cloud.has_faces and again.faces:
        mesh = _or_refused(label, source.mesh)
        assert mesh is None or np.isfinite(mesh.vertices).all()
        surface = _or_refused(label, source.on_surface(DRAWN, 1).load)
        if surface is not None:
            _check(surface)
            assert (len(surface), surface.drawn) == (DRAWN, True)
    whole = len(cloud) + sum(cloud.left_out)
    assert count == whole or not again.count, f"{count} were counted, {len(cloud)} read ({cloud.left_out})"


def _check(cloud: PointCloud) -> None:
    points = cloud.points
    assert points.ndim == 2, points.shape
    assert len(points) > 0
    assert points.shape[1] == 3, points.shape
    assert points.dtype in (np.float32, np.float64), points.dtype
    assert np.isfinite(points).all()
    assert cloud.name.encode("utf-8")


def _or_refused(label: str, read: Callable[[], Result]) -> Result | None:
    """What is read; None where it is refused with an error that names the file."""
    try:
        return read()
    except CloudError as error:
        if not str(error).startswith(label):
            raise AssertionError(f"the message does not begin with the file: {error}") from error
        return None
