"""Ambient occlusion: how much of the sky each pixel does not see, by the horizons of the depth picture around it."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.assignment.kernels.compiling import compiled

DIRECTIONS = 5  # from each pixel; those of neighbouring pixels point elsewhere
STEPS = 7  # along each of them


@compiled
def occlude(depth: Doubles, normals: Doubles, reach: float, turns: int, hidden: Doubles) -> None:
    """Share of the sky that is hidden (horizon-based; Bavoil, Sainz and Dimitrov 2008).

    In each direction the horizon is the highest angle at which a pixel within reach is seen. What lies between it and
    the tangent plane of the surface is hidden, the less so the farther away it is.

    Args:
        depth: (h, w), pixels towards the eye; -inf where nothing is.
        normals: (h, w, 3), to the right, down and towards the eye.
        reach: how far away something may be that hides sky, pixels.
        turns: the directions differ between turns² neighbouring pixels, so that their mean has so many more.
        hidden: (h, w), is written: 0 to 1.
    """
    h, w = depth.shape
    away = np.array([reach * (step / STEPS) ** 1.5 for step in range(1, STEPS + 1)])
    angles = 2 * pi * np.arange(DIRECTIONS * turns * turns) / (DIRECTIONS * turns * turns)
    cosines, sines = np.cos(angles), np.sin(angles)
    for row in range(h):
        for column in range(w):
            hidden[row, column] = 0.0
            here = depth[row, column]
            if here == -np.inf:
                continue
            total = 0.0
            turn = (row % turns) * turns + column % turns
            nx, ny, nz = normals[row, column, 0], normals[row, column, 1], max(normals[row, column, 2], 0.15)
            for direction in range(DIRECTIONS):
                angle = direction * turns * turns + turn
                right, down = cosines[angle], sines[angle]
                slope = -(nx * right + ny * down) / nz
                tangent = slope / sqrt(1 + slope * slope)
                highest = tangent + 0.1  # what is so low is the surface itself
                found = 0.0
                for along in away:
                    r, c = int(row + 0.5 + along * down), int(column + 0.5 + along * right)
                    if r < 0 or r >= h or c < 0 or c >= w or (r == row and c == column):
                        continue
                    there = depth[r, c]
                    if there == -np.inf:
                        continue
                    rise = there - here
                    flat = sqrt(float((r - row) ** 2 + (c - column) ** 2))
                    distance = sqrt(flat * flat + rise * rise)
                    height = rise / distance
                    if height > highest:
                        fade = max(0.0, 1.0 - (distance / reach) ** 2)
                        found += fade * (height - highest)
                        highest = height
                total += min(found, 1.0)
            hidden[row, column] = total / DIRECTIONS
