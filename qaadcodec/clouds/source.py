"""A cloud that has been found but not read yet."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from qaadcodec.arrays import Rows
from qaadcodec.clouds.cloud import PointCloud, Points, as_points, check_shape, check_span
from qaadcodec.clouds.formats.arrays import CloudArray, Shape
from qaadcodec.clouds.formats.record import CloudFormat, Contents
from qaadcodec.clouds.meaningless import Labels, meaningful
from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.packed import unpacked
from qaadcodec.clouds.shared import SharedFile
from qaadcodec.clouds.surface import Drawing, Mesh, draw, finite_triangles, mesh_of
from qaadcodec.errors import CloudError


class Part(Protocol):
    """Where clouds are that are not files of their own."""

    @property
    def cloud(self) -> Shape:
        """What one of them declares to be, which should be (M, 3)."""
        ...

    def read(self, index: int | None) -> Contents:
        """One of them; the only one where the index is None."""
        ...


class ArrayPart(NamedTuple):
    """An array of a file, and the file, which is opened once for all clouds in it."""

    file: SharedFile
    array: CloudArray

    @property
    def cloud(self) -> Shape:
        """What one of its clouds declares to be."""
        return self.array.cloud

    def read(self, index: int | None) -> Contents:
        """One of its clouds; the one cloud that it is where the index is None."""
        return Contents(self.file.read(self.array, index), self.array.extra)


@dataclass(frozen=True, slots=True)
class CloudSource:
    """Where a cloud is: a file, or an array in it, or a slice of that array.

    Attributes:
        name: what the cloud is called in an archive; see `find_clouds`.
        place: the file, and the array and the slice in it.
        format: the format of the file; or, of a file that could not even be listed, the reason. Loading and counting
            raise it.
        part: the array that it is in, of a file or in memory; None where the file is one cloud.
        beside: the names of the arrays in the file that are no clouds.
        chosen: what to tell of the choice of the array; "" where there is nothing to tell.
        drawing: how points are drawn from the faces, if there are any; None where its vertices are the cloud.
    """

    name: str
    place: Place
    format: CloudFormat | CloudError
    part: Part | None = None
    beside: tuple[str, ...] = ()
    chosen: str = ""
    drawing: Drawing | None = None

    def on_surface(self, points: int, seed: int) -> CloudSource:
        """The same cloud as so many points that are drawn from its faces; its vertices where it has no faces."""
        return replace(self, drawing=Drawing(points, seed))

    @property
    def path(self) -> str:
        """What messages show, and what `find_clouds` and `read_cloud` take: "scans.h5::/group/a", "set.npy::[5]"."""
        return self.place.label

    @property
    def file(self) -> Path | bytes | None:
        """The file, or its bytes where they came through a pipe; None where it is in memory."""
        return self.place.file

    @property
    def key(self) -> str:
        """The name of the array in the file; "" where arrays have no names."""
        return self.place.key

    @property
    def shared(self) -> SharedFile | None:
        """The file that it is read from together with other clouds, in their order; None of a file of its own."""
        return self.part.file if isinstance(self.part, ArrayPart) else None

    def size(self) -> int:
        """The bytes of the file on the disk, or those that the array declares; 0 where that cannot be told."""
        if self.part is not None:
            return math.prod(self.part.cloud.shape) * self.part.cloud.dtype.itemsize
        try:
            return origin.stat().st_size if isinstance(origin := self.place.origin, Path) else 0
        except OSError:  # loading tells why
            return 0

    @np.errstate(all="ignore")  # what is not finite, or no vertex, is found by the checks
    def load(self, *, strict: bool = False) -> PointCloud:
        """Read and check the cloud. Points that mean no place are left out: see `meaningful`.

        Args:
            strict: refuse the cloud where points would be left out, or where it may not be whole.

        Raises:
            CloudError: the cloud cannot be read, is empty, truncated or damaged, is not (M, 3) numbers, has a
                coordinate beyond 1e100, keeps less than half of its points, spans less than 1e-100, or has faces
                without area from which points are to be drawn; the message says where.
        """
        format = self._format()
        self._declared_points()
        contents = self._contents(format)
        if strict and contents.doubts:
            raise CloudError(f"{self.path}: {contents.doubts[0]}", hint="without --strict it is read")
        unit = format.unit
        labels = Labels(self.path, unit, contents.row or (lambda row: f"{unit.one} {row}"))
        whole = as_points(contents.values, self.path)
        points, left_out = meaningful(whole, labels, strict=strict)
        check_span(points, self.path)
        has_faces = contents.triangles is not None
        drawn = has_faces and self.drawing is not None
        if contents.triangles and self.drawing:
            points = self._drawn(whole, contents.triangles(), self.drawing)
        return PointCloud(
            self.name, points, (*contents.dropped, *self.beside), left_out, contents.doubts, has_faces, drawn
        )

    @np.errstate(all="ignore")
    def mesh(self) -> Mesh | None:
        """The faces of the cloud, read anew; None where it has none, or they have no area. CloudError as for `load`."""
        format = self._format()
        self._declared_points()
        contents = self._contents(format)
        if contents.triangles is None:
            return None
        return mesh_of(as_points(contents.values, self.path), contents.triangles())

    def _drawn(self, vertices: Points, triangles: Rows, drawing: Drawing) -> Points:
        """Points of the triangles, of those of them whose corners are finite."""
        return draw(vertices, finite_triangles(vertices, triangles), drawing, self.name, self.path)

    @np.errstate(all="ignore")
    def count(self) -> int:
        """How many points the file has, of which `load` may leave some out. Only XYZ text has to be read for it.

        CloudError as for `load`, except for what the values are.
        """
        format = self._format()
        declared = self._declared_points()
        if declared is not None:
            return declared
        return format.count(unpacked(self.place)) if format.count else len(self._contents(format).values)

    def _contents(self, format: CloudFormat) -> Contents:
        """What the part holds, or else the file, which may be packed."""
        if self.part:
            return self.part.read(self.place.index)
        assert format.read is not None  # it is None where clouds are parts
        return format.read(unpacked(self.place))

    def _format(self) -> CloudFormat:
        if isinstance(self.format, CloudError):
            raise self.format
        return self.format

    def _declared_points(self) -> int | None:
        """How many points the array declares; None in a file without arrays; CloudError if the array is no cloud."""
        if self.part is None:
            return None
        cloud = self.part.cloud
        check_shape(cloud.shape, cloud.dtype, self.path)
        return cloud.shape[0]
