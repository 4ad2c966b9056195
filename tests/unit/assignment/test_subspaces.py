"""k-d subspaces: which axis is cut, where, and who becomes whose partner."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.assignment.subspaces import lowest_by_rank, paired_subspaces, subspaces
from qaadcodec.errors import UsageError


def as_lists(leaves: list[np.ndarray]) -> list[list[int]]:
    return sorted(leaf.tolist() for leaf in leaves)


def along_x(values: list[float]) -> np.ndarray:
    return np.array([[v, 0.0, 0.0] for v in values])


@pytest.mark.parametrize(
    ("count", "chosen"),
    [(-1, []), (0, []), (1, [1]), (2, [1, 3]), (3, [1, 3, 4]), (4, [1, 2, 3, 4]), (5, [0, 1, 2, 3, 4]), (9, range(5))],
)
def test_the_first_of_equal_values_are_the_lowest(count: int, chosen: list[int]) -> None:
    mask = lowest_by_rank(np.array([3.0, 1.0, 2.0, 1.0, 1.0]), count)
    assert np.flatnonzero(mask).tolist() == list(chosen)


def test_minus_zero_ties_with_zero() -> None:
    assert lowest_by_rank(np.array([0.0, -0.0, 1.0]), 1).tolist() == [True, False, False]


def test_a_line_is_cut_into_runs_of_its_order() -> None:
    cloud = along_x([7, 2, 9, 4, 0, 5, 1, 8, 3, 6])
    # Ranks 0..9, halved at floor(n / 2): 5 + 5, each 2 + 3.
    by_rank = [np.sort(cloud[leaf, 0]).tolist() for leaf in subspaces(cloud, 3)]
    assert sorted(by_rank) == [[0, 1], [2, 3, 4], [5, 6], [7, 8, 9]]


def test_identical_points_are_cut_by_their_index() -> None:
    cloud = np.full((9, 3), 0.25, np.float32)
    assert as_lists(subspaces(cloud, 3)) == [[0, 1], [2, 3], [4, 5], [6, 7, 8]]
    for rows_a, rows_b in paired_subspaces(cloud, cloud + 1, 3):
        assert rows_a.tolist() == rows_b.tolist()


def test_the_cut_is_where_the_summed_extents_are_widest() -> None:
    # Extents: a (10, 6, 0), b (1, 6, 0). Either cloud alone would be cut at x or y; together y is wider, 12 to 11.
    a = np.array([[0, 0, 0], [10, 6, 0], [1, 5, 0], [9, 1, 0]], float)
    b = np.array([[0, 6, 0], [1, 0, 0], [0.5, 1, 0], [0.2, 5, 0]], float)
    pairs = sorted((sorted(x.tolist()), sorted(y.tolist())) for x, y in paired_subspaces(a, b, 2))
    assert pairs == [([0, 3], [1, 2]), ([1, 2], [0, 3])]


def test_partners_of_a_shuffled_cloud_hold_the_same_points() -> None:
    rng = np.random.default_rng(3)
    cloud = rng.standard_normal((257, 3))
    shuffle = rng.permutation(257)
    for rows_a, rows_b in paired_subspaces(cloud, cloud[shuffle], 16):
        assert sorted(rows_a) == sorted(shuffle[rows_b])


def test_a_leaf_as_large_as_the_cloud_is_the_cloud() -> None:
    assert as_lists(subspaces(along_x([3, 1, 2]), 3)) == [[0, 1, 2]]
    assert sorted(as_lists(subspaces(along_x([3, 1, 2]), 1))) == [[0], [1], [2]]


def test_clouds_of_unequal_size_are_refused() -> None:
    with pytest.raises(UsageError, match=r"^subspaces need clouds of equal size, not 3 and 4 points$"):
        paired_subspaces(np.zeros((3, 3)), np.zeros((4, 3)), 2)
