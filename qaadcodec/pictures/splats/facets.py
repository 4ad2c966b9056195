"""Triangles into pixels, and the normals that make flat ones look like the curved surface that they stand for."""

from __future__ import annotations

from math import acos, ceil, floor, sqrt

from qaadcodec.arrays import Doubles, Rows
from qaadcodec.assignment.kernels.compiling import compiled

CREASE = 0.7  # cosine between two faces from which on there is no edge between them
MOST_AROUND = 64  # faces round a vertex that are looked at: a fan may have thousands


@compiled
def corner_normals(
    vertices: Doubles, triangles: Rows, places: Rows, first: Rows, around: Rows, normals: Doubles
) -> None:
    """The normal of each triangle at each of its corners, so that light goes smoothly over what is meant as smooth.

    It is the mean of the normals of those faces round the corner that lie within CREASE of the triangle's own, each
    weighted by its angle there (Thürmer and Wüthrich 1998). A face is taken with the sign that it shares with the
    triangle, so that nothing hangs on how files wind their faces.

    Args:
        vertices: (V, 3).
        triangles: (T, 3) rows of vertices; all have an area.
        places: (V,), the same number for vertices that lie in one place.
        first: (P + 1,), where the faces of a place begin in `around`.
        around: (3 T,), 3 t + c for the corners of triangles at each place.
        normals: (T, 3, 3), is written: for each corner a unit vector to that side which the triangle winds round.
    """
    for t in range(len(triangles)):
        a, b, c = vertices[triangles[t, 0]], vertices[triangles[t, 1]], vertices[triangles[t, 2]]
        x1, y1, z1 = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        x2, y2, z2 = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        x, y, z = y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2
        length = sqrt(x * x + y * y + z * z)
        for corner in range(3):
            normals[t, corner, 0], normals[t, corner, 1], normals[t, corner, 2] = x / length, y / length, z / length
    flat = normals[:, 0].copy()
    for t in range(len(triangles)):
        for corner in range(3):
            place = places[triangles[t, corner]]
            begin, end = first[place], first[place + 1]
            step = max(1, (end - begin) // MOST_AROUND)
            x, y, z = 0.0, 0.0, 0.0
            for k in range(begin, end, step):
                other, there = around[k] // 3, around[k] % 3
                same = flat[t, 0] * flat[other, 0] + flat[t, 1] * flat[other, 1] + flat[t, 2] * flat[other, 2]
                if abs(same) < CREASE:
                    continue
                p = vertices[triangles[other, there]]
                q, r = vertices[triangles[other, (there + 1) % 3]], vertices[triangles[other, (there + 2) % 3]]
                x1, y1, z1 = q[0] - p[0], q[1] - p[1], q[2] - p[2]
                x2, y2, z2 = r[0] - p[0], r[1] - p[1], r[2] - p[2]
                lengths = sqrt((x1 * x1 + y1 * y1 + z1 * z1) * (x2 * x2 + y2 * y2 + z2 * z2))
                cosine = (x1 * x2 + y1 * y2 + z1 * z2) / lengths if lengths > 0 else 1.0
                weight = acos(min(1.0, max(-1.0, cosine)))
                if same < 0:
                    weight = -weight
                x += weight * flat[other, 0]
                y += weight * flat[other, 1]
                z += weight * flat[other, 2]
            length = sqrt(x * x + y * y + z * z)
            if length > 0:
                normals[t, corner, 0], normals[t, corner, 1], normals[t, corner, 2] = x / length, y / length, z / length


@compiled
def within(place: float, size: int) -> float:
    """The nearest place on an axis of so many pixels."""
    return min(max(place, 0.0), float(size))


@compiled
def draw_triangles(at: Doubles, triangles: Rows, normals: Doubles, values: Doubles, sums: Doubles) -> None:
    """Draw triangles over each other; of each, the side that faces the eye.

    Args:
        at: (V, 3), in pixels: to the right from the left edge, down from the top edge, and towards the eye.
        triangles: (T, 3) rows of them.
        normals: (T, 3, 3), of the corners, in the same axes, each on the side that its triangle winds round.
        values: (V,), what is to be seen at the vertices.
        sums: (h, w, 6) of zeros; becomes 1, the depth, the normal and the value in each pixel where something is, as
            `discs.draw_discs` leaves them.
    """
    h, w = sums.shape[0], sums.shape[1]
    for t in range(len(triangles)):
        i, j, k = triangles[t]
        x0, y0, x1, y1, x2, y2 = at[i, 0], at[i, 1], at[j, 0], at[j, 1], at[k, 0], at[k, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0.0:
            continue
        side = (
            1.0 if area < 0.0 else -1.0
        )  # y goes down, so what winds round the direction to the eye has less than none
        top, bottom = ceil(within(min(y0, y1, y2), h) - 0.5), floor(within(max(y0, y1, y2), h) - 0.5)
        left, right = ceil(within(min(x0, x1, x2), w) - 0.5), floor(within(max(x0, x1, x2), w) - 0.5)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                x, y = column + 0.5, row + 0.5
                b = ((x - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) / area
                c = ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) / area
                a = 1.0 - b - c
                if min(a, b, c) < -1e-9:
                    continue
                depth = a * at[i, 2] + b * at[j, 2] + c * at[k, 2]
                pixel = sums[row, column]
                if pixel[0] > 0 and pixel[1] >= depth:
                    continue
                pixel[0], pixel[1] = 1.0, depth
                for axis in range(3):
                    normal = a * normals[t, 0, axis] + b * normals[t, 1, axis] + c * normals[t, 2, axis]
                    pixel[2 + axis] = side * normal
                pixel[5] = a * values[i] + b * values[j] + c * values[k]
