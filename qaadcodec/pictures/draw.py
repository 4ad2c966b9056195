"""One cloud, or one mesh, into one picture: what is seen in each pixel, and then its colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Doubles, Mask
from qaadcodec.pictures.colours import Material
from qaadcodec.pictures.faces import Faces
from qaadcodec.pictures.seen import blended, seen_discs
from qaadcodec.pictures.shading import light, srgb
from qaadcodec.pictures.splats.discs import SUMS
from qaadcodec.pictures.splats.ready import kernels

OCCLUSION = 0.09  # of the picture's longer side: how far away something may be that darkens


@dataclass(frozen=True, slots=True)
class Frame:
    """What of the space is in a picture.

    Attributes:
        camera: (3, 3), by `views.camera`.
        middle: (3,), what lies in the middle of the picture.
        pixel: the side of a pixel, in the unit of the clouds.
        width, height: of the picture, pixels.
        finer: it is drawn with so many pixels for one, each way, and made smaller, which smooths edges.
    """

    camera: Doubles
    middle: Doubles
    pixel: float
    width: int
    height: int
    finer: int = 3


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen in each of the finer pixels of a frame.

    Attributes:
        frame: it.
        hit: (h, w), where anything is.
        depth: (h, w), towards the eye, in finer pixels; -inf where nothing is.
        normals: (h, w, 3), unit vectors to the right, down and to the eye.
        values: (h, w), of the points that are there.
        hidden: (h, w), share of the sky that they do not see.
    """

    frame: Frame
    hit: Mask
    depth: Doubles
    normals: Doubles
    values: Doubles
    hidden: Doubles


def look_at(points: Doubles, frame: Frame, values: Doubles | None = None) -> Sight:
    """See a cloud as a surface, along parallel rays.

    Args:
        points: (M, 3).
        values: (M,), from 0 to 1, what the points are to show; zeros when None.
    """
    h, w = frame.height * frame.finer, frame.width * frame.finer
    discs, rows = seen_discs(in_pixels(points, frame), h, w)
    return sight_of(
        blended(discs, np.zeros(len(rows)) if values is None else values[rows].astype(np.float64), h, w), frame
    )


def look_at_faces(faces: Faces, frame: Frame, values: Doubles | None = None) -> Sight:
    """See a mesh, along parallel rays; of each face that side which is turned to the eye.

    Args:
        faces: its vertices are (V, 3).
        values: (V,), as for `look_at`.
    """
    shown = np.zeros(len(faces.vertices)) if values is None else values.astype(np.float64)
    sums = np.zeros((frame.height * frame.finer, frame.width * frame.finer, SUMS))
    normals = faces.normals @ (frame.camera.T * (1.0, -1.0, 1.0))
    kernels().draw_triangles(in_pixels(faces.vertices, frame), faces.triangles, normals, shown, sums)
    return sight_of(sums, frame)


def in_pixels(points: Doubles, frame: Frame) -> Doubles:
    """Points (M, 3) in finer pixels: to the right from the left edge, down from the top edge, and towards the eye."""
    h, w = frame.height * frame.finer, frame.width * frame.finer
    scale = frame.finer / frame.pixel
    return np.asarray((points - frame.middle) @ frame.camera.T * (scale, -scale, scale) + (w / 2, h / 2, 0.0))


def sight_of(sums: Doubles, frame: Frame) -> Sight:
    """What is seen, of the sums (h, w, SUMS) in each finer pixel: see `splats.discs.draw_discs`."""
    hit = sums[..., 0] > 0
    means = sums / np.where(hit, sums[..., 0], 1.0)[..., None]
    depth = np.where(hit, means[..., 1], -np.inf)
    normals = means[..., 2:5]
    normals[..., 2] = np.maximum(normals[..., 2], 0.05)
    normals = normals / np.linalg.norm(normals, axis=-1, keepdims=True)
    hidden = np.empty(hit.shape)
    kernels().occlude(depth, normals, OCCLUSION * max(hit.shape), frame.finer, hidden)
    return Sight(frame, hit, depth, normals, means[..., 5], hidden)


def paint(sight: Sight, material: Material) -> Doubles:
    """The picture of what is seen.

    Args:
        material: gives each value its colour, and says how strongly the surface is shaded.

    Returns:
        (height, width, 4): red, green and blue, from 0 to 1, as sRGB, times the opacity, which comes last.
    """
    finer = sight.frame.finer
    lit = light(sight.normals, sight.hidden, material.contrast)
    colour = np.clip(material.colours(sight.values) * lit[..., None], 0, 1)
    picture = np.concatenate([colour, np.ones((*lit.shape, 1))], axis=-1) * sight.hit[..., None]
    small = picture.reshape(sight.frame.height, finer, sight.frame.width, finer, 4).mean(axis=(1, 3))
    return np.concatenate([srgb(small[..., :3], small[..., 3:]), small[..., 3:]], axis=-1)
