"""Which axis of an array counts the clouds, and which the points, where its coordinates are on the middle axis."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Self

from qaadcodec.clouds.cloud import check_shape
from qaadcodec.clouds.formats.arrays import Layout, Shape
from qaadcodec.errors import CloudError

_FEW = 64  # an axis that is shorter counts clouds rather than points


class Signs(NamedTuple):
    """What a file tells of the axes of its arrays (A, 3, B).

    Attributes:
        vertices: how many points the indices in the file ask for; None where there are none.
        points: A, where it is the same for several arrays of different B; None otherwise.
        last: B, where it is the same for several of different A; None otherwise.
    """

    vertices: int | None = None
    points: int | None = None
    last: int | None = None

    @classmethod
    def of(cls, arrays: Iterable[Shape], vertices: int | None) -> Self:
        """The signs of arrays that may be clouds."""
        shapes = [array.numbers.shape for array in arrays if Layout.FRAMES in array.layouts]
        firsts, lasts = {shape[0] for shape in shapes}, {shape[2] for shape in shapes}
        points = min(firsts) if len(firsts) == 1 and len(lasts) > 1 else None
        return cls(vertices, points, min(lasts) if len(lasts) == 1 and len(firsts) > 1 else None)


def layout_of(declared: Shape, signs: Signs, label: str, whole: str) -> Layout:
    """The layout of an array that may be clouds.

    Of (A, 3, B), A counts points if indices say so, or if only it is the same for all such arrays of the file. Without
    such a sign, the longer axis counts points, unless both are long and the first is longer: D-FAUST keeps a sequence
    so, and a network takes its batch so.

    Args:
        label: the file, and the array in it.
        whole: how the array is chosen on the command line.

    Raises:
        CloudError: it is open which axis is which.
    """
    if Layout.FRAMES not in declared.layouts:
        return declared.layouts[0]
    first, _, last = declared.numbers.shape
    if signs.vertices is not None and (first < signs.vertices) != (last < signs.vertices):
        return declared.layouts[0] if first < signs.vertices else Layout.FRAMES
    if signs.points == first:
        return Layout.FRAMES
    if declared.layouts[0] is Layout.SET:  # (A, 3, 3)
        return Layout.SET
    if signs.last == last or first <= last:
        return Layout.TURNED
    if last < _FEW:
        return Layout.FRAMES
    raise CloudError(
        f"{label} has the shape {declared.numbers.shape}: {first} clouds of {last} points, or {last} clouds of {first} "
        "points?",
        hint=f"{whole}[N,3,M] are {first} clouds, and {whole}[M,3,N] are {last}",
    )


def check_layout(declared: Shape, wanted: Layout | None, label: str) -> None:
    """Refuse an array that was asked for by its name but is no cloud, or has not the axes that were asked for."""
    shape = declared.numbers.shape
    if not declared.layouts:
        check_shape(shape, declared.numbers.dtype, label)
    if wanted is not None and wanted not in declared.layouts:
        raise CloudError(f"{label}: has the shape {shape}, which is not ({wanted.value.replace(',', ', ')})")
