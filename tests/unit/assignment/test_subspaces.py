"""k-d subspaces: which axis is cut, where, and who becomes whose partner."""

from __future__ import annotations

import numpy as np
import pytest
from reference import kd_subspaces

from qaadcodec.assignment.subspaces import paired_subspaces, subspaces
from qaadcodec.errors import UsageError


def as_lists(leaves: list[np.ndarray]) -> list[list[int]]:
    return sorted(leaf.tolist() for leaf in leaves)


def places(points: np.ndarray) -> list[list[float]]:
    return sorted(points.tolist())


def along_x(values: list[float]) -> np.ndarray:
    return np.array([[v, 0.0, 0.0] for v in values])


def test_a_line_is_cut_into_runs_of_its_order() -> None:
    cloud = along_x([7, 2, 9, 4, 0, 5, 1, 8, 3, 6])
    # Ranks 0..9, halved at floor(n / 2): 5 + 5, each 2 + 3.
    by_rank = [np.sort(cloud[leaf, 0]).tolist() for leaf in subspaces(cloud, 3)]
    assert sorted(by_rank) == [[0, 1], [2, 3, 4], [5, 6], [7, 8, 9]]


def test_identical_points_are_cut_by_their_index() -> None:
    cloud = np.full((9, 3), 0.25, np.float32)
    # 4 of 9 go to the first half, those of ranks 2, 4, 6 and 8; of these 2 of 4, of the others 2 of 5.
    assert as_lists(subspaces(cloud, 3)) == [[0, 1, 5], [2, 6], [3, 7], [4, 8]]
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


def test_minus_zero_ties_with_zero() -> None:
    assert as_lists(subspaces(along_x([0.0, -0.0, 1.0, -0.0]), 2)) == [[0, 2], [1, 3]]
    # Among tied points, too: of ranks 0 to 3, which rows 4, 3, 2 and 1 have by their z, the second and fourth go low.
    tied = np.array([[-9, 0, 0], [0, 0.0, 3], [0, -0.0, 2], [0, 0.0, 1], [0, -0.0, 0], [9, 0, 0]])
    assert as_lists(subspaces(tied, 3)) == [[0, 1, 3], [2, 4, 5]]


def test_of_tied_points_every_so_manieth_goes_to_the_first_half() -> None:
    """Four points below the cut and eight on it, of which two belong below: the fourth and the last along y."""
    cloud = np.array([[-1.0, 0, 0]] * 4 + [[0.0, y, 0] for y in (3, 1, 0, 6, 2, 4, 7, 5)])
    cloud[:, 0] *= 100  # so that x is cut
    low, high = sorted(subspaces(cloud, 6), key=lambda rows: cloud[rows, 0].sum())
    assert low.tolist() == [0, 1, 2, 3, 4, 10]
    assert cloud[low[4:], 1].tolist() == [3.0, 7.0]
    assert len(high) == 6


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_ties_are_ranked_by_the_other_coordinates_in_their_order(axis: int) -> None:
    """Four by four points of one plane, and as many far away; half of the plane is cut off at the second level."""
    one, two = (other for other in range(3) if other != axis)
    plane = np.zeros((16, 3))
    plane[:, one], plane[:, two] = np.divmod(np.arange(16), 4)
    cloud = np.concatenate([plane, plane])
    cloud[:16, axis], cloud[16:24, axis], cloud[24:, axis] = 0, -1000, 1000
    order = np.random.default_rng(axis).permutation(32)
    first = subspaces(cloud[order], 16)[0]
    halved = np.sort(order[first])[:8]
    assert halved.tolist() == [1, 3, 5, 7, 9, 11, 13, 15]  # every other one along each line


def test_the_order_of_rows_does_not_matter() -> None:
    """Rounded clouds, where many points are tied: shuffled, their subspaces hold the same places."""
    rng = np.random.default_rng(8)
    a, b = np.round(rng.standard_normal((2, 700, 3)) * 4) / 4
    expected = [(places(a[x]), places(b[y])) for x, y in paired_subspaces(a, b, 20)]
    for _ in range(3):
        c, d = rng.permutation(a), rng.permutation(b)
        assert [(places(c[x]), places(d[y])) for x, y in paired_subspaces(c, d, 20)] == expected


def test_a_cloud_without_points_is_one_leaf_without_rows() -> None:
    assert as_lists(subspaces(np.empty((0, 3)), 4)) == [[]]
    assert [(x.tolist(), y.tolist()) for x, y in paired_subspaces(*np.empty((2, 0, 3)), 4)] == [([], [])]


@pytest.mark.parametrize(
    ("first", "second"), [(np.int32, np.int32), (np.float16, np.float16), (np.float32, np.float64)]
)
def test_clouds_of_other_dtypes_are_cut_in_float64(first: type, second: type) -> None:
    rng = np.random.default_rng(5)
    a, b = (1000 * rng.standard_normal((100, 3))).astype(first), (1000 * rng.standard_normal((100, 3))).astype(second)
    pairs = kd_subspaces.paired_subspaces(a.astype(np.float64), b.astype(np.float64), 7)
    found = paired_subspaces(a, b, 7)
    assert [(x.tolist(), y.tolist()) for x, y in found] == [(x.tolist(), y.tolist()) for x, y in pairs]
    alone = kd_subspaces.subspaces(a.astype(np.float64), 7)
    if first != np.float32:
        assert [rows.tolist() for rows in subspaces(a, 7)] == [rows.tolist() for rows in alone]


def test_clouds_of_unequal_size_are_refused() -> None:
    with pytest.raises(UsageError, match=r"^subspaces need clouds of equal size, not 3 and 4 points$"):
        paired_subspaces(np.zeros((3, 3)), np.zeros((4, 3)), 2)


def test_empty_leaves_are_refused() -> None:
    for cut in (
        lambda leaf: subspaces(np.zeros((3, 3)), leaf),
        lambda leaf: paired_subspaces(*np.zeros((2, 3, 3)), leaf),
    ):
        with pytest.raises(UsageError, match=r"^leaf is 0, and must be at least 1 point$"):
            cut(0)
