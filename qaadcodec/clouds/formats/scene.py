"""Scenes: meshes that are put where a file says, as often as it says. They become one cloud."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Doubles, Rows
from qaadcodec.clouds.packed import most_unpacked
from qaadcodec.errors import CloudError

_VERTEX_BYTES, _CORNER_BYTES = 24, 8  # in memory


class Mesh(NamedTuple):
    """A mesh where a scene shows it.

    Attributes:
        vertices: (V, 3).
        triangles: (T, 3) rows of these; none of a point cloud.
        matrix: the affine map that puts it in its place, (4, 4) for columns; None where it stays as it is.
    """

    vertices: npt.NDArray[Any]
    triangles: Rows
    matrix: Doubles | None


class Scene(NamedTuple):
    """All meshes as one: vertices (M, 3), triangles (T, 3) of them, and whether any mesh was moved."""

    vertices: npt.NDArray[Any]
    triangles: Rows
    moved: bool


def as_one(meshes: Sequence[Mesh], label: str) -> Scene:
    """The meshes of a scene as one, in their order; vertices that are moved become float64.

    Raises:
        CloudError: they have no vertices.
    """
    if not any(len(mesh.vertices) for mesh in meshes):
        raise CloudError(f"{label}: has no vertices")
    points = [m.vertices if m.matrix is None else moved(m.vertices, m.matrix) for m in meshes]
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    triangles = [mesh.triangles + start for mesh, start in zip(meshes, starts, strict=True)]
    return Scene(np.concatenate(points), np.concatenate(triangles), any(mesh.matrix is not None for mesh in meshes))


def check_shown(vertices: int, corners: int, size: int, label: str) -> None:
    """Refuse a scene of so many bytes that shows its meshes so often that they have so many vertices and corners.

    A small file may show its meshes any number of times: what counts is the same as for files that are packed.
    """
    claimed = _VERTEX_BYTES * vertices + _CORNER_BYTES * corners
    if claimed > (most := most_unpacked(size)):
        raise CloudError(
            f"{label}: shows its meshes so often that they take {claimed} bytes, and in {size} they may take {most}"
        )


def moved(vertices: npt.NDArray[Any], matrix: Doubles) -> Doubles:
    """Vertices (M, 3) under an affine map, (4, 4) for columns."""
    with np.errstate(all="ignore"):  # what is not finite is left out later
        result: Doubles = vertices.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    return result
