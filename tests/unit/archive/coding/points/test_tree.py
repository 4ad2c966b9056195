"""The tree of points: its order, and the nodes on its way down."""

from __future__ import annotations

import numpy as np

from qaadcodec.archive.coding.points.tree import Split, bits_of, canonical_order, descend
from qaadcodec.arrays import Longs

POINTS = np.array([[5, -1, 0], [4, 2, 0], [4, 2, 0]], dtype=np.int32)


def test_bits_are_those_above_the_least_coordinate() -> None:
    assert bits_of(POINTS) == [1, 2, 0]


def test_the_order_is_by_patch_and_then_by_cell() -> None:
    assert canonical_order(POINTS, np.array([3])).tolist() == [0, 1, 2]  # y has the highest bit
    assert canonical_order(POINTS[:, [1, 0, 2]], np.array([3])).tolist() == [0, 1, 2]
    assert canonical_order(POINTS[::-1], np.array([2, 1])).tolist() == [0, 1, 2]
    assert canonical_order(POINTS[::-1], np.array([3])).tolist() == [2, 0, 1]


def test_a_descent_halves_the_axes_in_turn() -> None:
    """The points of POINTS, all in one patch: (1, 0), (0, 3) and (0, 3) along x and y above the least ones."""
    seen = []

    def halve(split: Split) -> Longs:
        seen.append((split.axis, split.bit, split.counts.tolist()))
        return np.array({(1, 1): [1], (0, 0): [0, 2], (1, 0): [1, 0]}[split.axis, split.bit])

    cells, counts = descend(np.array([3]), [1, 2, 0], halve)
    assert seen == [(1, 1, [3]), (0, 0, [1, 2]), (1, 0, [1, 2])]
    assert cells.T.tolist() == [[1, 0, 0], [0, 3, 0]]
    assert counts.tolist() == [1, 2]
