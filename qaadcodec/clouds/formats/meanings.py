"""What the name of an array says it is: points, indices of points, or something else."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qaadcodec.clouds.formats.arrays import Shape

# The words of a line mean the same.
_SAME = """
    points point pts pt
    vertices vertex verts vert v vs
    xyz xyzs
    pos position positions
    pcd pcds pc pcs pointcloud pointclouds cloud clouds
    coords coord coordinates
    data
"""
_INDEX_WORDS = """
    faces face f fs tri tris triangle triangles triangulation triv quad quads polygon polygons poly polys cell cells
    connectivity element elements edge edges tet tets tetra index indices idx idxs ind inds id ids
"""
_OTHER_WORDS = """
    normal normals norm norms nrm nrms nor nors nml nmls n vn fn tangent tangents gradient gradients
    color colors colour colours rgb rgbs bgr hsv albedo vc uv uvs vt texture tex
    flow flows velocity velocities vel force forces displacement displacements
    trans transl translation translations offset offsets shift loc scale scales mean std
    center centers centre centres centroid centroids bbox bboxes box bounds extent extents
    joint joints jtr j skeleton keypoint keypoints kp kps landmark landmarks lmk lmks marker markers
    image images img imgs camera cameras cam eye viewpoint rotation rotations rot rots pose poses orient quat euler
    label labels mask weight weights shapedirs posedirs exprdirs expression betas blendshapes regressor eigenvectors
    components basis
"""
_POINTS = {word: line.split()[0] for line in _SAME.strip().splitlines() for word in line.split()}
_INDICES = frozenset(_INDEX_WORDS.split())
_OTHER = frozenset(_OTHER_WORDS.split())


def points_word(key: str, letters: bool) -> str:
    """The word for points in the name of an array, the same for all that mean the same; "" where there is none.

    A name is the last part of a path. Its words are parted by case, digits and signs: "faceId" has two of them.

    Args:
        letters: whether a name of one letter means something; see `letters_have_meaning`.
    """
    words = _words(key, letters)
    return "" if _OTHER & set(words) else next((_POINTS[word] for word in words if word in _POINTS), "")


def is_something_else(key: str, declared: Shape, letters: bool) -> bool:
    """Whether a name says that an array is no cloud: "normals"; "faces", if it is of whole numbers."""
    words = set(_words(key, letters))
    return bool(words & _OTHER) or (declared.numbers.dtype.kind in "iu" and bool(words & _INDICES))


def letters_have_meaning(keys: Iterable[str]) -> bool:
    """Whether names of one letter mean something: v, f, n, … do, but not where arrays are called a, b, c, …"""
    letters = {name for key in keys if len(name := key.rsplit("/", 1)[-1].lower()) == 1}
    return letters <= _OTHER | _INDICES | _POINTS.keys()


def _words(key: str, letters: bool) -> list[str]:
    name = key.rsplit("/", 1)[-1]
    if len(name) == 1 and not letters:
        return []
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
