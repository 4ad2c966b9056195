"""HDF5 files: datasets of clouds. h5py is imported when one is opened: that takes longer than reading most files."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.clouds.formats.arrays import Shape, choose
from qaadcodec.clouds.formats.record import CloudFormat, Contents, Listing
from qaadcodec.clouds.names import SafePaths, natural_key
from qaadcodec.clouds.opening import Place
from qaadcodec.errors import CloudError

# A slice that is this many times as large as the file it comes from is a claim, not data.
_BEST_RATIO = 2000


def list_arrays(place: Place) -> Listing:
    """The datasets that are clouds, in natural order: all of the file, or those at or below the key of the place."""
    datasets = _shapes(place)
    chosen, beside = choose(datasets, f"{place.label}::{place.key}" if place.key else place.label, "dataset")
    return Listing({name: datasets[name] for name in sorted(chosen, key=natural_key)}, beside)


def read(place: Place) -> Contents:
    """The dataset at the key of the place, or its slice at the index of the place; only that is read."""
    with _opened(place) as h5:
        dataset = h5[place.key]
        shape = dataset.shape if place.index is None else dataset.shape[1:]
        size = math.prod(shape) * dataset.dtype.itemsize
        there = len(place.file) if isinstance(place.file, bytes) else place.file.stat().st_size
        if size > _BEST_RATIO * there:
            raise CloudError(f"{place.label}: declares the shape {shape}, {size} bytes, in a file of {there}")
        values: npt.NDArray[Any] = dataset[()] if place.index is None else dataset[place.index]
        return Contents(values)


def write_many(stream: BinaryIO, clouds: Iterator[tuple[str, Points]]) -> None:
    """Write a dataset for each cloud, without times, under its name made safe (see `SafePaths`)."""
    import h5py

    if not stream.seekable() or stream.tell():
        whole = io.BytesIO()
        write_many(whole, clouds)
        stream.write(whole.getbuffer())
        return
    paths = SafePaths("")
    with h5py.File(stream, "w") as h5:
        for name, points in clouds:
            h5.create_dataset(str(paths.take(name)), data=points, track_times=False)


def _shapes(place: Place) -> dict[str, Shape]:
    """Shape and type of every dataset at or below the key of the place, by absolute path, in alphabetical order.

    Links to other files are not followed.
    """
    import h5py

    with _opened(place) as h5:
        node = h5.get(place.key or "/")
        if node is None:
            held = ", ".join(list(h5)[:8]) or "nothing"
            raise CloudError(f"{place.label}: holds no {place.key!r}", hint=f"it holds {held}")
        if isinstance(node, h5py.Dataset):
            return {node.name: Shape(node.shape or (), node.dtype)}
        found: dict[str, Shape] = {}

        def visit(path: str, item: object) -> None:
            if isinstance(item, h5py.Dataset):
                found[item.name] = Shape(item.shape or (), item.dtype)

        node.visititems(visit)
        return found


@contextlib.contextmanager
def _opened(place: Place) -> Iterator[Any]:
    import h5py

    with place.opened() as stream:  # the library's own message does not say that a permission is missing
        if not stream.read(1):
            raise CloudError(f"{place.label}: is empty (0 bytes)")
    source = place.file if isinstance(place.file, Path) else io.BytesIO(place.file)
    try:
        with h5py.File(source, "r", locking=False) as h5:
            yield h5
    except CloudError:
        raise
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, UnicodeError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CloudError(f"{place.label}: is not a whole HDF5 file: {why}") from error


FORMAT = CloudFormat(
    name="h5",
    suffixes=(".h5", ".hdf5"),
    named_suffixes=(".hdf",),
    signatures=(b"\x89HDF\r\n\x1a\n",),
    list_arrays=list_arrays,
    read=read,
    write_many=write_many,
)
