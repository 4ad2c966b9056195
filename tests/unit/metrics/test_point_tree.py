"""A cloud in a tree: rows and distances that can be read off."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.metrics.point_tree import PointTree


def test_rows_and_distances() -> None:
    tree = PointTree.of(np.array([[0.0, 0, 0], [4, 0, 0], [0, 3, 0]], np.float32))
    found = tree.nearest(np.array([[0.0, 3, 4], [3, 0, 0]]))
    assert len(tree) == 3
    assert found.rows.tolist() == [2, 1]
    assert found.distances == pytest.approx([4.0, 1.0])
    assert tree.points.dtype == found.distances.dtype == np.float64


def test_one_of_several_nearest_points() -> None:
    tree = PointTree.of(np.zeros((3, 3)))
    found = tree.nearest(np.ones((2, 3)))
    assert set(found.rows.tolist()) <= {0, 1, 2}
    assert found.distances == pytest.approx([3**0.5, 3**0.5])
