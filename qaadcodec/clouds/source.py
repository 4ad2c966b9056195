"""A cloud that has been found but not read yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qaadcodec.clouds.cloud import PointCloud, as_points, check_shape
from qaadcodec.clouds.formats.arrays import Shape
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.meaningless import Labels, meaningful
from qaadcodec.clouds.opening import Place
from qaadcodec.clouds.packed import unpacked
from qaadcodec.errors import CloudError


@dataclass(frozen=True, slots=True)
class CloudSource:
    """Where a cloud is: a file, or an array in it, or a slice of that array.

    Attributes:
        name: what the cloud is called in an archive; see `find_clouds`.
        place: the file, and the array and the slice in it.
        format: the format of the file; or, of a file that could not even be listed, the reason. Loading and counting
            raise it.
        declared: what the file says of the array, where it is a file of arrays.
        beside: the names of the arrays in the file that are no clouds.
    """

    name: str
    place: Place
    format: CloudFormat | CloudError
    declared: Shape | None = None
    beside: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """What messages show, and what `find_clouds` and `read_cloud` take: "scans.h5::/group/a", "set.npy::[5]"."""
        return self.place.label

    @property
    def file(self) -> Path | bytes:
        """The file, or its bytes where they came through a pipe."""
        return self.place.file

    @property
    def key(self) -> str:
        """The name of the array in the file; "" where arrays have no names."""
        return self.place.key

    def load(self, *, strict: bool = False) -> PointCloud:
        """Read and check the cloud. Points that mean no place are left out: see `meaningful`.

        Args:
            strict: refuse the cloud where points would be left out, or where it may not be whole.

        Raises:
            CloudError: the cloud cannot be read, is empty, truncated or damaged, is not (M, 3) numbers, has a
                coordinate beyond 1e100, or keeps less than half of its points; the message says where.
        """
        format = self._format()
        self._declared_points()
        contents = format.read(unpacked(self.place))
        if strict and contents.doubts:
            raise CloudError(f"{self.path}: {contents.doubts[0]}", hint="without --strict it is read")
        unit = format.unit
        labels = Labels(self.path, unit, contents.row or (lambda row: f"{unit.one} {row}"))
        points, left_out = meaningful(as_points(contents.values, self.path), labels, strict=strict)
        return PointCloud(self.name, points, (*contents.dropped, *self.beside), left_out, contents.doubts)

    def count(self) -> int:
        """How many points the file has, of which `load` may leave some out. Only XYZ text has to be read for it.

        CloudError as for `load`, except for what the values are.
        """
        format = self._format()
        declared = self._declared_points()
        if declared is not None:
            return declared
        place = unpacked(self.place)
        return format.count(place) if format.count else len(format.read(place).values)

    def _format(self) -> CloudFormat:
        if isinstance(self.format, CloudError):
            raise self.format
        return self.format

    def _declared_points(self) -> int | None:
        """How many points the array declares; None in a file without arrays; CloudError if the array is no cloud."""
        if self.declared is None:
            return None
        shape = self.declared.shape if self.place.index is None else self.declared.shape[1:]
        check_shape(shape, self.declared.dtype, self.path)
        return shape[0]
