"""The faces of a mesh, as they are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Doubles, Floats, Longs, Rows
from qaadcodec.clouds import Mesh
from qaadcodec.pictures.splats.ready import kernels

MOST_FACES = 1_000_000  # of a cloud that are drawn: more are smaller than the pixels of any picture
LEAST_USED = 0.9  # share of a cloud's points that are corners of faces, or else it is a cloud with a few faces


@dataclass(frozen=True, slots=True)
class Faces:
    """Triangles with light of their own.

    Attributes:
        vertices: (V, 3), relative to the same middle as the cloud that they are of.
        triangles: (T, 3) rows of them.
        normals: (T, 3, 3) unit vectors, of each corner of each triangle.
    """

    vertices: Doubles
    triangles: Rows
    normals: Doubles

    @property
    def corners(self) -> Doubles:
        """(T, 3, 3)."""
        return self.vertices[self.triangles]


def faces_of(mesh: Mesh | None, points: int, middle: Doubles) -> Faces | None:
    """The faces of a cloud of so many points; None where it is not drawn by them.

    It is not where it has none, more than MOST_FACES, or many points that belong to none.

    Args:
        mesh: its faces.
        points: how many it has.
        middle: (3,), which becomes the origin.
    """
    if mesh is None or len(mesh.triangles) > MOST_FACES or len(mesh.vertices) < LEAST_USED * points:
        return None
    vertices = mesh.vertices.astype(np.float64) - middle
    triangles = np.ascontiguousarray(mesh.triangles, np.int64)
    places = same_places(mesh.vertices)
    at_corners = places[triangles].ravel()  # (3 T,)
    around = np.argsort(at_corners, kind="stable").astype(np.int64)
    first = np.searchsorted(at_corners[around], np.arange(int(places.max()) + 2)).astype(np.int64)
    normals = np.empty((len(triangles), 3, 3))
    kernels().corner_normals(vertices / largest(vertices), triangles, places, first, around, normals)
    return Faces(vertices, triangles, normals)


def largest(vertices: Doubles) -> float:
    """The largest coordinate of vertices (V, 3) that do not all lie in one place, without its sign; above zero."""
    return float(np.abs(vertices).max()) or 1.0


def same_places(vertices: Floats) -> Longs:
    """A number for each place where vertices (V, 3) lie, (V,): files such as STL repeat them for each face."""
    order = np.lexsort(vertices.T)
    differs = (np.diff(vertices[order], axis=0) != 0).any(axis=1)
    numbers = np.empty(len(vertices), np.int64)
    numbers[order] = np.concatenate([[0], np.cumsum(differs)])
    return numbers
