"""A cloud that has been found but not read yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt

from qaadcodec.clouds.cloud import PointCloud, check_shape, checked
from qaadcodec.clouds.formats import hdf5, numpy_files, ply, xyz
from qaadcodec.clouds.formats.arrays import Shape
from qaadcodec.clouds.opening import opened
from qaadcodec.errors import CloudError


@dataclass(frozen=True, slots=True)
class CloudSource:
    """Where a cloud is: a file, or an array in it, or a slice of that array.

    Attributes:
        name: of the cloud in an archive; see `find_clouds`.
        path: what messages show, and what `find_clouds` and `read_cloud` take: "scans.h5::/group/a", "set.npy::[5]".
        file: the file, or its bytes where they came through a pipe.
        format: "ply", "npy", "npz", "h5" or "xyz".
        key: name of the array in an NPZ or HDF5 file.
        index: slice along the first axis of an (N, M, 3) array.
        declared: what the header of an NPY, NPZ or HDF5 file says of the array.
        beside: names of arrays in the same file that are no clouds.
        problem: why the file could not even be listed; loading and counting raise it.
    """

    name: str
    path: str
    file: Path | bytes = field(repr=False)
    format: str
    key: str = ""
    index: int | None = None
    declared: Shape | None = None
    beside: tuple[str, ...] = ()
    problem: CloudError | None = None

    def load(self) -> PointCloud:
        """Read and check the cloud.

        Raises:
            CloudError: it cannot be read, is empty, truncated or damaged, is not (M, 3) numbers, or has a coordinate
                that is NaN, infinite or beyond 1e100; the message says where.
        """
        if self.problem:
            raise self.problem
        values, dropped = self._read()
        unit = "vertex" if self.format == "ply" else "point"
        return PointCloud(self.name, checked(values, self.path, unit), (*dropped, *self.beside))

    def count(self) -> int:
        """How many points the cloud has; only XYZ text has to be read for it. CloudError as for `load`, NaN aside."""
        if self.problem:
            raise self.problem
        if self.format == "ply":
            with opened(self.file, self.path) as stream:
                return ply.count(stream, self.path)
        if self.declared is None:
            return len(self.load())
        shape = self.declared.shape if self.index is None else self.declared.shape[1:]
        check_shape(shape, self.declared.dtype, self.path)
        return shape[0]

    def _read(self) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
        if self.format == "npz":
            return numpy_files.read_npz(self.file, self.path, self.key, self.index), ()
        if self.format == "h5":
            return hdf5.read(self.file, self.path, self.key, self.index), ()
        with opened(self.file, self.path) as stream:
            if self.format == "ply":
                return ply.read(stream, self.path)
            if self.format == "npy":
                return numpy_files.read_npy(stream, self.path, self.index), ()
            if self.format == "xyz":
                return xyz.read(stream, self.path)
        raise CloudError(f"{self.path}: unknown cloud format {self.format!r}")
