"""Targets of registered rows: the points themselves where a surface is flat, and no leaps across thin parts."""

from __future__ import annotations

import numpy as np

from qaadcodec.assignment.greedy import greedy
from qaadcodec.assignment.registration.evening import evened
from qaadcodec.assignment.registration.neighbours import Neighbours
from qaadcodec.assignment.registration.surface import Surface

SPACING = 1 / np.sqrt(1500)


def plates(top: int, bottom: int, seed: int) -> np.ndarray:
    """The two sides of a plate that is four spacings thick."""
    rng = np.random.default_rng(seed)
    heights = np.repeat([4 * SPACING, 0.0], [top, bottom])
    return np.column_stack([rng.random((top + bottom, 2)), heights])


def test_on_a_flat_surface_every_point_is_the_target_of_one_row() -> None:
    rng = np.random.default_rng(4)
    rows, points = (np.column_stack([rng.random((2000, 2)) ** power, np.zeros(2000)]) for power in (2, 1))
    targets = evened(rows, Surface.of(points), Neighbours.of(rows), 25, 1024)
    for axis in range(2):
        np.testing.assert_array_equal(np.sort(targets[:, axis]), np.sort(points[:, axis]))


def test_no_row_leaps_to_the_other_side_of_a_thin_part() -> None:
    """A bijection has to send some rows across, because there are more points on one side."""
    rows, points = plates(1500, 1500, 0), plates(1650, 1350, 1)
    is_top = rows[:, 2] > 0
    matched = points[greedy(rows, points, 3000, np.random.default_rng(0))]
    assert (matched[~is_top, 2] > 0).sum() >= 150
    targets = evened(rows, Surface.of(points), Neighbours.of(rows), 25, 3000)
    assert (targets[~is_top, 2] > 0).sum() <= 5
    assert (targets[is_top, 2] == 0).sum() <= 5


def test_a_cloud_without_normals_keeps_its_bijection() -> None:
    line = np.outer(np.linspace(0, 1, 50), [1.0, 0.0, 0.0])
    targets = evened(line[::-1] + 0.001, Surface.of(line), Neighbours.of(line), 5, 64)
    np.testing.assert_array_equal(targets, line[::-1])
