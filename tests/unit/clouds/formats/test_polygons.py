"""Polygons and strips to triangles."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.clouds.formats.polygons import fans, strips
from qaadcodec.errors import CloudError


def test_polygons_become_fans() -> None:
    lengths = np.array([3, 4, 2, 0, 5])
    corners = np.array([0, 1, 2, 2, 3, 4, 5, 0, 1, 9, 8, 7, 6, 5])
    expected = [[0, 1, 2], [2, 3, 4], [2, 4, 5], [9, 8, 7], [9, 7, 6], [9, 6, 5]]
    found = fans(lengths, corners, 10, str)
    assert found.dtype == np.int64
    assert found.tolist() == expected
    assert fans(np.array([2, 1]), np.array([0, 1, 2]), 3, str).shape == (0, 3)


@pytest.mark.parametrize(("corner", "polygon"), [(10, 1), (-1, 1)])
def test_a_corner_that_is_no_vertex_is_named(corner: int, polygon: int) -> None:
    with pytest.raises(CloudError) as caught:
        fans(np.array([3, 3]), np.array([0, 1, 2, 0, 1, corner]), 10, lambda i: f"a.ply: face {i}")
    assert str(caught.value) == f"a.ply: face {polygon} names vertex {corner}, and there are 0 to 9"
    assert caught.value.hint == "--sample vertices takes its vertices, without its faces"


def test_every_other_triangle_of_a_strip_is_turned() -> None:
    lengths, corners = strips(np.array([5, 3, 2]), np.array([0, 1, 2, 3, 4, 7, 8, 9, 1, 2]))
    assert lengths.tolist() == [3, 3, 3, 3]
    assert corners.reshape(-1, 3).tolist() == [[0, 1, 2], [1, 3, 2], [2, 3, 4], [7, 8, 9]]
