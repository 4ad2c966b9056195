"""HDF5 files: datasets of clouds. h5py is imported when one is opened: that takes longer than reading most files."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.clouds.formats.arrays import Shape
from qaadcodec.clouds.formats.npy import in_one_pass
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.names import SafePaths, natural_key
from qaadcodec.clouds.opening import Place, remaining
from qaadcodec.errors import CloudError

# A slice that is this many times as large as the file it comes from is a claim, not data.
_BEST_RATIO = 2000
_DEEPEST = 64  # groups within groups
_FEWEST = 64  # clouds that are read at once where clouds share chunks


class Hdf5File:
    """The datasets of a file, of which only what is asked for is read. Links are not followed."""

    def __init__(self, place: Place) -> None:
        import h5py

        self._place = place
        with place.opened() as stream:  # the library's own message does not say that a permission is missing
            if not stream.read(1):
                raise CloudError(f"{place.label}: is empty (0 bytes)")
            self._size = 1 + remaining(stream)
        with self._faults():
            source = place.file if isinstance(place.file, Path) else io.BytesIO(place.file or b"")
            self._h5 = h5py.File(source, "r", locking=False)

    def shapes(self, key: str) -> dict[str, Shape]:
        """Shape and type of every dataset at or below the key, by absolute path, in natural order."""
        import h5py

        with self._faults():
            node = self._h5.get(key or "/")
            if node is None:
                held = ", ".join(list(self._h5)[:8]) or "nothing"
                raise CloudError(f"{self._place.label}: holds no {key!r}", hint=f"it holds {held}")
            if isinstance(node, h5py.Dataset):
                return {node.name: _shape(node)}
            path = "/" + (key or "").strip("/")
            found = {name: _shape(dataset) for name, dataset in datasets_below(node, path, self._place.label)}
        return {name: found[name] for name in sorted(found, key=natural_key)}

    def check(self, key: str) -> None:
        """Refuse a dataset that is larger than the file can be from."""
        with self._faults():
            declared = _shape(self._h5[key])
        size = math.prod(declared.shape) * declared.dtype.itemsize
        if size > _BEST_RATIO * self._size:
            raise CloudError(
                f"{self._place.label}::{key}: declares the shape {declared.shape}, {size} bytes, "
                f"in a file of {self._size}"
            )

    def read(self, key: str, index: tuple[slice, ...]) -> npt.NDArray[Any]:
        """The values, and nothing else but the rest of the chunks that they are in."""
        with self._faults():
            values: npt.NDArray[Any] = self._h5[key][index]
            return values

    def together(self, key: str, axis: int) -> int:
        """As many slices as lie in the same chunks; or all that memory may take, where every row holds some of each."""
        with self._faults():
            dataset = self._h5[key]
            most = in_one_pass(_shape(dataset), axis)
            chunk = dataset.chunks[axis] if dataset.chunks else 1
        if axis > 0 and not dataset.chunks:
            return most
        return min(most, chunk * max(1, _FEWEST // chunk)) if chunk > 1 else 1

    def close(self) -> None:
        """Let go of the file."""
        self._h5.close()

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        """What the library raises in the block as a CloudError."""
        try:
            yield
        except (CloudError, MemoryError):
            raise
        except Exception as error:  # of a damaged file, h5py raises nearly every kind there is
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise CloudError(f"{self._place.label}: is not a whole HDF5 file: {why}") from error


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


def datasets_below(group: Any, path: str, label: str) -> Iterator[tuple[str, Any]]:
    """The datasets below a group with their paths, each once. Links that are not hard ones are not followed.

    Raises:
        CloudError: groups are nested too deeply, or a name is not UTF-8.
    """
    import h5py

    seen: set[Any] = set()
    below = [(group, path.rstrip("/"))]
    while below:
        group, path = below.pop()
        if path.count("/") > _DEEPEST:
            raise CloudError(f"{label}: has groups more than {_DEEPEST} deep")
        for name in group:
            if not isinstance(name, str):
                raise CloudError(f"{label}: the name {name!r} in {path or '/'} is not UTF-8")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            item = group[name]
            state = h5py.h5o.get_info(item.id)
            if (state.fileno, state.addr) in seen:
                continue
            seen.add((state.fileno, state.addr))
            if isinstance(item, h5py.Group):
                below.append((item, f"{path}/{name}"))
            elif isinstance(item, h5py.Dataset):
                yield f"{path}/{name}", item


def _shape(dataset: Any) -> Shape:
    try:
        return Shape(dataset.shape or (), dataset.dtype)
    except TypeError:  # a type that numpy does not have
        return Shape(dataset.shape or (), np.dtype(object))


FORMAT = CloudFormat(
    name="h5",
    suffixes=(".h5", ".hdf5"),
    named_suffixes=(".hdf",),
    signatures=(b"\x89HDF\r\n\x1a\n",),
    array="dataset",
    open_arrays=Hdf5File,
    write_many=write_many,
)
