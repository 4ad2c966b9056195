"""Scenes: meshes that are put where a file says, as often as it says. They become one cloud."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qaadcodec.arrays import Doubles, Rows
from qaadcodec.errors import CloudError

MOST = 1 << 26  # vertices of a scene: a small file may show its meshes any number of times


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
        CloudError: they have no vertices, or more than 2^26.
    """
    total = sum(len(mesh.vertices) for mesh in meshes)
    if not total:
        raise CloudError(f"{label}: has no vertices")
    if total > MOST:
        raise CloudError(f"{label}: shows its meshes so often that they have {total} vertices; {MOST} are read at most")
    points = [m.vertices if m.matrix is None else moved(m.vertices, m.matrix) for m in meshes]
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    triangles = [mesh.triangles + start for mesh, start in zip(meshes, starts, strict=True)]
    return Scene(np.concatenate(points), np.concatenate(triangles), any(mesh.matrix is not None for mesh in meshes))


def moved(vertices: npt.NDArray[Any], matrix: Doubles) -> Doubles:
    """Vertices (M, 3) under an affine map, (4, 4) for columns."""
    with np.errstate(all="ignore"):  # what is not finite is left out later
        result: Doubles = vertices.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    return result
