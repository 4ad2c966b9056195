"""HDF5 files: datasets of clouds.

libhdf5 is not safe with files from strangers: damaged ones crash it, and others lead it to other files. So all of them
are read in a child process (`hdf5_keeper.py`, `hdf5_process.py`, `hdf5_child.py`), which holds no more memory than it
needs. They are written here.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any, BinaryIO, TypeAlias

import numpy.typing as npt

from qaadcodec.clouds.cloud import Points
from qaadcodec.clouds.formats.arrays import Shape
from qaadcodec.clouds.formats.hdf5_keeper import OpenFile
from qaadcodec.clouds.formats.hdf5_process import Answer, Died, Refusal, dtype_of
from qaadcodec.clouds.formats.npy import in_one_pass
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.names import SafePaths, natural_key
from qaadcodec.clouds.opening import Place, remaining
from qaadcodec.clouds.packed import most_unpacked
from qaadcodec.errors import CloudError

_FEWEST = 64  # clouds that are read at once where clouds share chunks

Listed: TypeAlias = dict[str, tuple[Shape, list[int] | None]]
"""Shape, type and chunks of datasets, by absolute path in natural order; chunks are None where there are none."""


class Hdf5File:
    """The datasets of a file, of which only what is asked for is read, in another process. Links are not followed."""

    def __init__(self, place: Place) -> None:
        self._place = place
        with place.opened() as stream:  # the library's own message does not say that a permission is missing
            if not stream.read(1):
                raise CloudError(f"{place.label}: is empty (0 bytes)")
            self._size = 1 + remaining(stream)
        self._open = OpenFile(place.file or b"")
        self._last: tuple[str, Listed] | None = None

    def shapes(self, key: str) -> dict[str, Shape]:
        """Shape and type of every dataset at or below the key, by absolute path, in natural order."""
        return {name: declared for name, (declared, _) in self._listed(key).items()}

    def check(self, key: str) -> None:
        """Refuse a dataset that is larger than the file can be from, or has such chunks: one is unpacked as a whole."""
        most = most_unpacked(self._size)
        for declared, chunks in self._listed(key).values():
            size = math.prod(declared.shape) * declared.dtype.itemsize
            if size > most:
                raise CloudError(
                    f"{self._place.label}::{key}: declares the shape {declared.shape}, {size} bytes, "
                    f"in a file of {self._size}"
                )
            if (size := math.prod(chunks or ()) * declared.dtype.itemsize) > most:
                raise CloudError(f"{self._place.label}::{key}: has chunks of {size} bytes, in a file of {self._size}")

    def read(self, key: str, index: tuple[slice, ...]) -> npt.NDArray[Any]:
        """The values, and nothing else but the rest of the chunks that they are in."""
        return self._ask("read", key, [None if s == slice(None) else [s.start, s.stop] for s in index]).values

    def together(self, key: str, axis: int) -> int:
        """As many slices as lie in the same chunks; or all that memory may take, where every row holds some of each."""
        ((declared, chunks),) = self._listed(key).values()
        most = in_one_pass(declared, axis)
        if axis > 0 and not chunks:
            return most
        chunk = chunks[axis] if chunks else 1
        return min(most, chunk * max(1, _FEWEST // chunk)) if chunk > 1 else 1

    def close(self) -> None:
        """Let go of the file."""
        self._open.close()

    def _listed(self, key: str) -> Listed:
        """Every dataset at or below the key, from the last listing if it is that."""
        if self._last is None or self._last[0] != key:
            rows = sorted(self._ask("list", key).listed, key=lambda row: natural_key(row[0]))
            self._last = key, {name: (Shape(tuple(shape), dtype_of(dtype)), c) for name, shape, dtype, c in rows}
        return self._last[1]

    def _ask(self, what: str, *rest: Any) -> Answer:
        try:
            return self._open.ask(what, *rest)
        except Refusal as refusal:
            raise CloudError(f"{self._place.label}: {refusal}", hint=refusal.hint) from refusal
        except Died as died:
            raise CloudError(
                f"{self._place.label}: cannot be read: the process that reads it {died}",
                hint="it is damaged, or made to harm; --skip-bad leaves it out",
            ) from died


def write_many(stream: BinaryIO, clouds: Iterator[tuple[str, Points]]) -> None:
    """Write a dataset for each cloud, without times, under its name made safe (see `SafePaths`)."""
    import h5py

    if not stream.seekable() or not stream.readable() or stream.tell():  # as those of pipes and devices are
        whole = io.BytesIO()
        write_many(whole, clouds)
        stream.write(whole.getbuffer())
        return
    paths = SafePaths("")
    with h5py.File(stream, "w") as h5:
        for name, points in clouds:
            h5.create_dataset(str(paths.take(name)), data=points, track_times=False)


FORMAT = CloudFormat(
    name="h5",
    suffixes=(".h5", ".hdf5"),
    named_suffixes=(".hdf",),
    signatures=(b"\x89HDF\r\n\x1a\n",),
    array="dataset",
    open_arrays=Hdf5File,
    write_many=write_many,
)
