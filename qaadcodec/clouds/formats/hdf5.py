"""HDF5 files: datasets of clouds. h5py is imported when one is opened; it takes longer than reading most files."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.formats.arrays import Shape
from qaadcodec.clouds.opening import opened
from qaadcodec.errors import CloudError

# A slice that is this many times as large as the file it comes from is a claim, not data.
_BEST_RATIO = 2000


def shapes(file: Path | bytes, label: str, group: str) -> dict[str, Shape]:
    """Shape and type of every dataset at or below `group` ("/" for all), by absolute path, in alphabetical order.

    Links to other files are not followed.
    """
    import h5py

    with _opened(file, label) as h5:
        node = h5.get(group)
        if node is None:
            raise CloudError(f"{label}: holds no {group!r}", hint=f"it holds {', '.join(list(h5)[:8]) or 'nothing'}")
        if isinstance(node, h5py.Dataset):
            return {node.name: Shape(node.shape or (), node.dtype)}
        found: dict[str, Shape] = {}

        def visit(path: str, item: object) -> None:
            if isinstance(item, h5py.Dataset):
                found[item.name] = Shape(item.shape or (), item.dtype)

        node.visititems(visit)
        return found


def read(file: Path | bytes, label: str, key: str, index: int | None) -> npt.NDArray[Any]:
    """The dataset `key`, or along its first axis the slice `index`; only that is read."""
    with _opened(file, label) as h5:
        dataset = h5[key]
        shape = dataset.shape if index is None else dataset.shape[1:]
        size = math.prod(shape) * dataset.dtype.itemsize
        there = len(file) if isinstance(file, bytes) else file.stat().st_size
        if size > _BEST_RATIO * there:
            raise CloudError(f"{label}: declares the shape {shape}, {size} bytes, in a file of {there}")
        if dataset.dtype.hasobject:
            return np.empty((0,), object)
        values: npt.NDArray[Any] = dataset[()] if index is None else dataset[index]
        return values


@contextlib.contextmanager
def _opened(file: Path | bytes, label: str) -> Iterator[Any]:
    import h5py

    with opened(file, label) as stream:  # the library's own messages for a missing permission are lost on people
        if not stream.read(1):
            raise CloudError(f"{label}: is empty (0 bytes)")
    source = file if isinstance(file, Path) else io.BytesIO(file)
    try:
        with h5py.File(source, "r", locking=False) as h5:
            yield h5
    except CloudError:
        raise
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, UnicodeError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CloudError(f"{label}: is not a whole HDF5 file: {why}") from error
