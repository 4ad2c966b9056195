"""The compiled loops over pixels, tried out before anyone relies on them, as `assignment/kernels/ready.py` tells."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from qaadcodec.assignment.kernels.compiling import do_without_disk


class Kernels(NamedTuple):
    """What there is in machine code."""

    find_seen: Callable[..., None]
    """`cones.find_seen`"""
    draw_discs: Callable[..., None]
    """`discs.draw_discs`"""
    occlude: Callable[..., None]
    """`occlusion.occlude`"""
    corner_normals: Callable[..., None]
    """`facets.corner_normals`"""
    draw_triangles: Callable[..., None]
    """`facets.draw_triangles`"""
    nearest_triangles: Callable[..., None]
    """`boxes.nearest_triangles`"""


@cache
def kernels() -> Kernels:
    """The compiled functions, ready to be called from any thread.

    The first call of an installation compiles them, which takes seconds.
    """
    from qaadcodec.pictures.splats.boxes import nearest_triangles
    from qaadcodec.pictures.splats.cones import find_seen
    from qaadcodec.pictures.splats.discs import draw_discs
    from qaadcodec.pictures.splats.facets import corner_normals, draw_triangles
    from qaadcodec.pictures.splats.occlusion import occlude

    ready = Kernels(find_seen, draw_discs, occlude, corner_normals, draw_triangles, nearest_triangles)
    try:
        try_out(ready)
    except Exception:  # whatever is wrong with the files, they can be done without
        do_without_disk()
        try_out(ready)
    return ready


def try_out(ready: Kernels) -> None:
    """Draw one disc and one triangle in pictures of one pixel, and measure the distance to the triangle."""
    at, one, normal = np.full((1, 3), 0.5), np.ones(1), np.array([[0.0, 0.0, 1.0]])
    ready.find_seen(at, one, np.full((1, 1), -np.inf), np.empty(1, np.bool_))
    depth, sums = np.full((1, 1), -np.inf), np.zeros((1, 1, 6))
    ready.draw_discs(at, normal, one, one, depth, sums)
    ready.occlude(depth, normal[None], 1.0, 1, np.empty((1, 1)))
    corners, rows = np.eye(3), np.arange(3)[None]
    normals = np.empty((1, 3, 3))
    ready.corner_normals(corners, rows, np.arange(3), np.arange(4), np.arange(3), normals)
    ready.draw_triangles(corners, rows, normals, np.zeros(3), sums)
    boxes = np.stack([np.zeros(3), np.ones(3)])[None]
    ready.nearest_triangles(at, corners[None], boxes, np.array([0, 1]), np.empty(1))
