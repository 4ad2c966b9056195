"""The distance to the nearest of many triangles, found in a tree of boxes."""

from __future__ import annotations

from math import sqrt

import numpy as np

from qaadcodec.arrays import Doubles, Rows
from qaadcodec.assignment.kernels.compiling import compiled

CHILDREN = 8  # of a box
DEEPEST = 24  # levels: 8 to the power of it is more than there can be


@compiled
def nearest_triangles(points: Doubles, corners: Doubles, boxes: Doubles, first: Rows, distances: Doubles) -> None:
    """The distance from each point to the nearest triangle.

    Boxes are gone into nearest first, and left out where they are farther away than a triangle that is known.

    Args:
        points: (m, 3).
        corners: (T, 3, 3), of the triangles.
        boxes: (B, 2, 3), lowest and highest coordinates: of the triangles, then of CHILDREN of these each, and so on up
            to the one of all.
        first: (levels + 1,), where the boxes of each level begin, and B. Box i of a level holds those from CHILDREN i
            on of the level below it.
        distances: (m,), is written: not squared.
    """
    stack = np.empty(DEEPEST * CHILDREN, np.int64)  # boxes that are to be gone into, the nearest last
    far = np.empty(DEEPEST * CHILDREN)  # squared distance to each
    levels = np.empty(DEEPEST * CHILDREN, np.int64)
    for i in range(len(points)):
        point = points[i]
        best = np.inf
        stack[0], far[0], levels[0] = 0, 0.0, len(first) - 2
        held = 1
        while held:
            held -= 1
            box, level = stack[held], levels[held]
            if far[held] >= best:
                continue
            if level == 0:
                best = min(best, to_triangle(point, corners[box]))
                continue
            below = first[level] - first[level - 1]  # boxes of the level below
            begin = held
            for child in range(CHILDREN * box, min(CHILDREN * (box + 1), below)):
                away = to_box(point, boxes[first[level - 1] + child])
                if away >= best:
                    continue
                place = held
                while place > begin and far[place - 1] < away:
                    stack[place], far[place], levels[place] = stack[place - 1], far[place - 1], levels[place - 1]
                    place -= 1
                stack[place], far[place], levels[place] = child, away, level - 1
                held += 1
        distances[i] = sqrt(best)


@compiled
def to_box(point: Doubles, box: Doubles) -> float:
    """The squared distance from a point (3,) to a box (2, 3)."""
    total = 0.0
    for axis in range(3):
        outside = max(box[0, axis] - point[axis], point[axis] - box[1, axis], 0.0)
        total += outside * outside
    return total


@compiled
def to_triangle(point: Doubles, corners: Doubles) -> float:
    """The squared distance from a point (3,) to a triangle (3, 3): Ericson, Real-Time Collision Detection, 5.1.5.

    The nearest place is a corner, on an edge, or inside, by the signs of the products below.
    """
    a, b, c = corners[0], corners[1], corners[2]
    d1 = d2 = d3 = d4 = d5 = d6 = 0.0
    for k in range(3):
        ab, ac = b[k] - a[k], c[k] - a[k]
        d1 += ab * (point[k] - a[k])
        d2 += ac * (point[k] - a[k])
        d3 += ab * (point[k] - b[k])
        d4 += ac * (point[k] - b[k])
        d5 += ab * (point[k] - c[k])
        d6 += ac * (point[k] - c[k])
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    v = w = 0.0  # the nearest place is a + v (b - a) + w (c - a)
    if d1 <= 0 and d2 <= 0:
        pass
    elif d3 >= 0 and d4 <= d3:
        v = 1.0
    elif d6 >= 0 and d5 <= d6:
        w = 1.0
    elif vc <= 0 and d1 >= 0 and d3 <= 0:
        v = d1 / (d1 - d3)
    elif vb <= 0 and d2 >= 0 and d6 <= 0:
        w = d2 / (d2 - d6)
    elif va <= 0 and d4 - d3 >= 0 and d5 - d6 >= 0:
        w = (d4 - d3) / (d4 - d3 + d5 - d6)
        v = 1.0 - w
    elif va + vb + vc > 0:
        v, w = vb / (va + vb + vc), vc / (va + vb + vc)
    total = 0.0
    for k in range(3):
        apart = point[k] - (a[k] + v * (b[k] - a[k]) + w * (c[k] - a[k]))
        total += apart * apart
    return total
