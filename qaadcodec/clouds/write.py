"""Clouds to files and pipes: one cloud in any format, many clouds in the formats that hold many."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.clouds.formats import TABLE
from qaadcodec.clouds.written import format_to_write
from qaadcodec.errors import UsageError
from qaadcodec.files import atomic_output
from qaadcodec.remote.urls import Location

_ONE_CLOUD_NAME = "points"


def write_cloud(
    target: Location | BinaryIO,
    points: npt.NDArray[Any],
    format: str,
    *,
    names: Sequence[str] | None = None,
    overwrite: bool = False,
) -> None:
    """Write a cloud (M, 3), or a set (N, M, 3) as `write_clouds` does, in one of WRITTEN.

    Args:
        target: a path or a URL, which appears whole or not at all, or a binary stream, which may be a pipe.
        points: float32 is written as such, all other types as float64.
        format: "ply" is binary little-endian; "npz" and "h5" hold one array or dataset for each cloud.
        names: of the arrays or datasets; without them a cloud is "points", and those of a set are zero-padded indices.
        overwrite: replace a path that exists.

    Raises:
        UsageError: the format is unknown or cannot hold the points, or they are no cloud.
        EnvironmentFailure: the target cannot be written, or the library that writes the format is not installed.
    """
    if points.ndim == 3:
        digits = len(str(max(len(points) - 1, 0)))
        names = names or [f"{i:0{digits}d}" for i in range(len(points))]
        write_clouds(target, zip(names, points, strict=True), format, overwrite=overwrite)
        return
    write_one = format_to_write(format).write_one
    if write_one is None:
        (name,) = names or (_ONE_CLOUD_NAME,)
        write_clouds(target, [(name, points)], format, overwrite=overwrite)
        return
    cloud = _as_float(points)
    with _opened(target, overwrite) as stream:
        write_one(stream, cloud)


def write_clouds(
    target: Location | BinaryIO,
    clouds: Iterable[tuple[str, npt.NDArray[Any]]],
    format: str,
    *,
    overwrite: bool = False,
) -> None:
    """Write named clouds into one file, one after the other as they come: memory does not grow with their number.

    NPY holds (N, M, 3) without names, so all clouds need the same M; NPZ holds an array and HDF5 a dataset for each
    name, made harmless as for a file (see `safe_relative_path`); the others take one cloud.

    Raises:
        UsageError: the format is unknown, an array is no cloud, or there are none, several for a format of one, or
            unequal ones for NPY.
        EnvironmentFailure: the target cannot be written.
    """
    into = format_to_write(format)
    each = ((name, _as_float(points)) for name, points in clouds)
    first = next(each, None)
    if first is None:
        raise UsageError("there are no clouds to write")
    if into.write_many is None and (second := next(each, None)):
        raise UsageError(
            f"a {format} file holds one cloud, and {first[0]}, {second[0]} and so on are several",
            hint=f"-o DIR/ writes a file for each; {_formats_that_hold_many()} hold many",
        )
    with _opened(target, overwrite) as stream:
        if into.write_many:
            into.write_many(stream, itertools.chain([first], each))
        elif into.write_one:
            into.write_one(stream, first[1])


def _formats_that_hold_many() -> str:
    *names, last = [format.name for format in TABLE.values() if format.write_many]
    return f"{', '.join(names)} and {last}"


@contextlib.contextmanager
def _opened(target: Location | BinaryIO, overwrite: bool) -> Iterator[BinaryIO]:
    """A stream to write to; one that is the caller's stays open."""
    if isinstance(target, str | Path):
        with atomic_output(target, overwrite) as stream:
            yield stream
    else:
        yield target
        target.flush()


def _as_float(points: npt.NDArray[Any]) -> Points:
    if points.ndim != 2 or points.shape[1] != 3:
        raise UsageError(f"an array of shape {points.shape} is not a cloud (points, 3)")
    return np.ascontiguousarray(points, "<f4" if points.dtype == np.float32 else "<f8")
