"""Clouds to files and pipes: one of them in any format, many of them in the formats that can hold many."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.clouds.formats import FORMATS, ply, xyz
from qaadcodec.clouds.names import SafePaths
from qaadcodec.errors import UsageError
from qaadcodec.files import atomic_output

_ONE_CLOUD_NAME = "points"


def write_cloud(
    target: Path | BinaryIO,
    points: npt.NDArray[Any],
    format: str,
    *,
    names: Sequence[str] | None = None,
    overwrite: bool = False,
) -> None:
    """Write a cloud (M, 3), or a set (N, M, 3) as `write_clouds` does, in one of FORMATS.

    Args:
        target: a path, which appears whole or not at all, or a binary stream, which may be a pipe.
        points: float32 is written as such, all other types as float64.
        format: "ply" is binary little-endian; "npz" and "h5" hold one array or dataset a cloud.
        names: of the arrays or datasets; "points" for a cloud, zero-padded indices for a set where none are given.
        overwrite: replace a path that exists.

    Raises:
        UsageError: unknown format, points that are no cloud, or a format that cannot hold them.
        EnvironmentFailure: the target cannot be written.
    """
    if points.ndim == 3:
        digits = len(str(max(len(points) - 1, 0)))
        names = names or [f"{i:0{digits}d}" for i in range(len(points))]
        write_clouds(target, zip(names, points, strict=True), format, overwrite=overwrite)
    elif format == "npy":
        with _stream(target, overwrite) as stream:
            _write_npy(stream, _as_float(points))
    else:
        (name,) = names or (_ONE_CLOUD_NAME,)
        write_clouds(target, [(name, points)], format, overwrite=overwrite)


def write_clouds(
    target: Path | BinaryIO,
    clouds: Iterable[tuple[str, npt.NDArray[Any]]],
    format: str,
    *,
    overwrite: bool = False,
) -> None:
    """Write named clouds into one file, one after the other as they come: memory does not grow with their number.

    NPY holds (N, M, 3) without names, so all clouds need the same M; NPZ an array and HDF5 a dataset for each name,
    made harmless as for a file (see `safe_relative_path`); PLY and XYZ take one cloud.

    Raises:
        UsageError: unknown format, an array that is no cloud, none at all, several for PLY or XYZ, or unequal ones for
            NPY.
        EnvironmentFailure: the target cannot be written.
    """
    if format not in FORMATS:
        raise UsageError(f"unknown cloud format {format!r}; formats are {', '.join(FORMATS)}")
    each = ((name, _as_float(points)) for name, points in clouds)
    first = next(each, None)
    if first is None:
        raise UsageError("there are no clouds to write")
    if format in ("ply", "xyz") and (second := next(each, None)):
        raise UsageError(
            f"a {format} file holds one cloud, and {first[0]}, {second[0]} and so on are several",
            hint="-o DIR/ writes a file for each; npy, npz and h5 hold many",
        )
    with _stream(target, overwrite) as stream:
        if format == "ply":
            ply.write(stream, first[1])
        elif format == "xyz":
            xyz.write(stream, first[1])
        else:
            writer = {"npy": _write_npy_set, "npz": _write_npz, "h5": _write_h5}[format]
            writer(stream, itertools.chain([first], each))


class _Borrowed:
    """A stream of the caller's, which stays open."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __enter__(self) -> BinaryIO:
        return self._stream

    def __exit__(self, *_: object) -> None:
        self._stream.flush()


def _stream(target: Path | BinaryIO, overwrite: bool) -> Any:
    return atomic_output(target, overwrite) if isinstance(target, str | Path) else _Borrowed(target)


def _as_float(points: npt.NDArray[Any]) -> Points:
    if points.ndim != 2 or points.shape[1] != 3:
        raise UsageError(f"an array of shape {points.shape} is not a cloud (points, 3)")
    return np.ascontiguousarray(points, "<f4" if points.dtype == np.float32 else "<f8")


def _write_npy(stream: BinaryIO, points: Points) -> None:
    # Not numpy.save, which asks a stream for its position: a pipe has none.
    stream.write(_npy_header(points.shape, points.dtype))
    stream.write(points.tobytes())


def _npy_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )
    return header.getvalue()


def _write_npy_set(stream: BinaryIO, clouds: Iterator[tuple[str, Points]]) -> None:
    if not stream.seekable():
        whole = io.BytesIO()
        _write_npy_set(whole, clouds)
        stream.write(whole.getvalue())
        return
    start, n = stream.tell(), 0
    head: Points | None = None
    for name, points in clouds:
        if head is None:
            head = points
            # numpy pads headers so that the first axis may grow: the number is put right when it is known.
            stream.write(_npy_header((0, *head.shape), head.dtype))
        if points.shape != head.shape or points.dtype != head.dtype:
            raise UsageError(
                f"an npy file holds clouds of one size and type, and {name} has {len(points)} points of {points.dtype} "
                f"after {len(head)} of {head.dtype}",
                hint="npz and h5 hold clouds of different sizes",
            )
        stream.write(points.tobytes())
        n += 1
    end = stream.tell()
    if head is not None:
        stream.seek(start)
        stream.write(_npy_header((n, *head.shape), head.dtype))
        stream.seek(end)


def _write_npz(stream: BinaryIO, clouds: Iterator[tuple[str, Points]]) -> None:
    import zipfile

    paths = SafePaths(".npy")
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, points in clouds:
            member = zipfile.ZipInfo(str(paths.take(name)))  # dated 1980: the same clouds give the same bytes
            member.external_attr = 0o644 << 16
            with archive.open(member, "w", force_zip64=True) as part:
                _write_npy(part, points)  # type: ignore[arg-type]


def _write_h5(stream: BinaryIO, clouds: Iterator[tuple[str, Points]]) -> None:
    import h5py

    if not stream.seekable() or stream.tell():
        whole = io.BytesIO()
        _write_h5(whole, clouds)
        stream.write(whole.getbuffer())
        return
    paths = SafePaths("")
    with h5py.File(stream, "w") as h5:
        for name, points in clouds:
            h5.create_dataset(str(paths.take(name)), data=points, track_times=False)
