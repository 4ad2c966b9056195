"""An array of a file, and how clouds lie in it."""

from __future__ import annotations

import enum
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

_AXES = ("x", "y", "z")


class Layout(enum.Enum):
    """Which axis of an array is which: N clouds, M points of each, 3 coordinates."""

    CLOUD = "M,3"
    SET = "N,M,3"
    TURNED = "N,3,M"  # as convolutions over points take them
    FRAMES = "M,3,N"  # as D-FAUST keeps its sequences

    @property
    def axis(self) -> int:
        """The axis that counts the clouds; of one cloud, that which counts its points."""
        return 2 if self is Layout.FRAMES else 0

    @property
    def is_plain(self) -> bool:
        """Whether it is what an array of points is without further thought."""
        return self in (Layout.CLOUD, Layout.SET)

    def clouds_in(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A block of this layout as (N, M, 3) or, of one cloud, (M, 3): a view of the same values."""
        if self is Layout.TURNED:
            return block.swapaxes(1, 2)
        return block.transpose(2, 0, 1) if self is Layout.FRAMES else block


class Shape(NamedTuple):
    """What a file says of one of its arrays."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def numbers(self) -> Shape:
        """The array of coordinates that it is: of records with fields x, y, z, one with a last axis of 3."""
        names = fields_of(self.dtype)
        if not names:
            return self
        return Shape((*self.shape, 3), np.result_type(*(self.dtype[name] for name in names)))

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """How clouds may lie in it; none where it is not of real numbers, or has no axis of 3 where one should be.

        Of several, the first is what it is without a sign of another.
        """
        shape, dtype = self.numbers.shape, self.numbers.dtype
        if dtype.kind not in "fiu" or len(shape) not in (2, 3):
            return ()
        if len(shape) == 2:
            return (Layout.CLOUD,) if shape[1] == 3 else ()
        frames = (Layout.FRAMES,) if shape[1] == 3 else ()
        if shape[2] == 3:
            return (Layout.SET, *frames)
        return (Layout.TURNED, *frames) if frames else ()

    def __str__(self) -> str:
        return f"{self.shape} {self.dtype}"


def fields_of(dtype: np.dtype[Any]) -> tuple[str, ...]:
    """The fields x, y, z of records, in either case; none where there are not three of real numbers."""
    names = {name.lower(): name for name in reversed(dtype.names or ())}
    found = tuple(names[axis] for axis in _AXES if axis in names and dtype[names[axis]].kind in "fiu")
    return found if len(found) == 3 else ()


def numbers_of(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The coordinates of records with fields x, y, z, on a last axis of 3; any other array as it is."""
    names = fields_of(values.dtype)
    return np.stack([values[name] for name in names], axis=-1) if names else values


class CloudArray(NamedTuple):
    """An array that is one cloud or a set of them.

    Attributes:
        key: its name in the file; "" where arrays have none.
        declared: what the file says of it.
        layout: which of its axes is which.
    """

    key: str
    declared: Shape
    layout: Layout

    @property
    def clouds(self) -> int:
        """N; 1 for one cloud."""
        return 1 if self.layout is Layout.CLOUD else self.declared.numbers.shape[self.layout.axis]

    @property
    def cloud(self) -> Shape:
        """What one of the clouds is: (M, 3)."""
        numbers = self.declared.numbers
        axis = {Layout.CLOUD: 0, Layout.SET: 1, Layout.TURNED: 2, Layout.FRAMES: 0}[self.layout]
        return Shape((numbers.shape[axis], 3), numbers.dtype)

    @property
    def extra(self) -> tuple[str, ...]:
        """The fields of records that are not coordinates."""
        names = fields_of(self.declared.dtype)
        return tuple(name for name in self.declared.dtype.names or () if name not in names) if names else ()


class ArrayFile(Protocol):
    """A file of arrays that is open. All of it raises a CloudError that begins with the label of its place."""

    def shapes(self, key: str) -> dict[str, Shape]:
        """What the file says of its arrays, by name and in order: of all, or of the array or group of that name."""
        ...

    def check(self, key: str) -> None:
        """Refuse an array that claims more bytes than the file can hold."""
        ...

    def read(self, key: str, index: tuple[slice, ...]) -> npt.NDArray[Any]:
        """The values at an index of an array, after `check`, as a copy that outlives the file; () is all of it."""
        ...

    def together(self, key: str, axis: int) -> int:
        """How many slices along an axis are read at the cost of one."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...
