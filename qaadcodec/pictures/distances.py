"""How far each point of a cloud is from the surface of another one: what the colours of errors show."""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.metrics.point_tree import PointTree
from qaadcodec.parallel import cores
from qaadcodec.pictures.box_tree import BoxTree
from qaadcodec.pictures.faces import Faces, largest
from qaadcodec.pictures.surfels import surfels_of

NEAREST = 4  # discs of which the nearest counts
REACH = 2 / 3  # of the radii with which they are drawn: one spacing


def distances_to_faces(points: Doubles, faces: Faces) -> Doubles:
    """The distance of each point (m, 3) to the nearest face, (m,), in their unit, not squared."""
    unit = largest(faces.vertices)  # in which products of four differences neither vanish nor overflow
    return unit * BoxTree.of(faces.corners / unit).distances(points / unit)


def distances_to_surface(points: Doubles, original: Doubles) -> Doubles:
    """The distance of each point to the nearest disc round a point of the original: see `surfels_of`.

    A disc round c, with unit normal n and radius r, is √((d · n)² + max(0, |d - (d · n) n| - r)²) away from c + d.
    Unlike the distance to the nearest point, it does not count how far apart the points of the original lie; unlike the
    one to the nearest point's plane, it grows with the distance from where the surface ends.

    Args:
        points: (m, 3).
        original: (n, 3), in the same unit.

    Returns:
        (m,), in that unit, not squared.
    """
    discs = surfels_of(original)
    tree = PointTree.of(original)
    k = min(NEAREST, len(tree))
    rows = tree.tree.query(points, k=list(range(1, k + 1)), workers=cores())[1]  # (m, k)
    apart = points[:, None] - tree.points[rows]  # (m, k, 3)
    along = (apart * discs.normals[rows]).sum(axis=-1)
    aside = np.sqrt(np.maximum((apart**2).sum(axis=-1) - along**2, 0))
    beyond = np.maximum(aside - REACH * discs.radii[rows], 0)
    return np.asarray(np.hypot(along, beyond).min(axis=1))
