"""What the values of an array say it is, where its name says nothing: indices, colours, normals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from qaadcodec.clouds.formats.arrays import Layout, Shape

_UNIT = 0.01  # how far the length of a normal may be from 1; half precision rounds it by 0.001
_MOST = 8  # arrays of a file that are looked into for normals


def may_be_indices(declared: Shape) -> bool:
    """Whether an array is (F, 3) whole numbers."""
    return declared.numbers.dtype.kind in "iu" and declared.layouts == (Layout.CLOUD,)


def betrayed(
    clouds: Mapping[str, Shape], unnamed: Callable[[str], bool], values: Callable[[str], npt.NDArray[Any]]
) -> set[str]:
    """The arrays that belong to another one, by their values.

    Whole numbers (F, 3) are corners of triangles if they count the points of an array of fractions; bytes beside as
    many points are colours; and vectors of length 1 beside as many points that are not all of that length are normals.

    Args:
        clouds: the arrays that may be clouds, by name.
        unnamed: whether a name does not say that it is of points.
        values: reads an array.
    """
    fractions = {key: s.numbers for key, s in clouds.items() if s.numbers.dtype.kind == "f"}
    counts = {count for numbers in fractions.values() for count in numbers.shape}
    points = {numbers.shape for numbers in fractions.values()}
    found = set()
    for key, declared in clouds.items():
        if may_be_indices(declared) and unnamed(key) and fractions:
            colours = declared.numbers.dtype.itemsize == 1 and declared.numbers.shape in points
            if colours or _are_indices(values(key), counts):
                found.add(key)
    single = [key for key in fractions if clouds[key].layouts == (Layout.CLOUD,)]
    if len(single) <= _MOST:
        for shape in points:
            alike = [key for key in single if fractions[key].shape == shape]
            normals = {key for key in alike if unnamed(key) and _are_normals(values(key))} if len(alike) > 1 else set()
            found |= normals if len(normals) < len(alike) else set()
    return found


def _are_indices(numbers: npt.NDArray[Any], counts: set[int]) -> bool:
    """Whether whole numbers (F, 3) are corners of triangles: three distinct ones a row, up to the last point."""
    if not numbers.size or int(numbers.min()) < 0:
        return False
    a, b, c = numbers.T
    top = int(numbers.max())
    return bool(((a != b) & (b != c) & (a != c)).mean() > 0.9) and any(n / 2 < top <= n for n in counts)


def _are_normals(vectors: npt.NDArray[Any]) -> bool:
    """Whether vectors (M, 3) have the length 1."""
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
        return bool(len(lengths) and (np.abs(lengths - 1) < _UNIT).mean() > 0.99)
