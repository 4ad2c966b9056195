"""Laws of subspaces and patches, for any number of points, leaves and ties."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference import kd_subspaces

from qaadcodec.assignment.patches import lowest_by_rank, patch_offsets, patch_sizes, split_into_patches
from qaadcodec.assignment.subspaces import paired_subspaces, subspaces

LAW = settings(deadline=None, derandomize=True, max_examples=80)


def grid_clouds(count: int) -> st.SearchStrategy[np.ndarray]:
    """Clouds of `count` points on a coarse grid, so that ties are common."""
    return arrays(np.float32, (count, 3), elements=st.integers(-3, 3).map(float))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    count = draw(st.integers(1, 30))
    return draw(grid_clouds(count)), draw(grid_clouds(count)), draw(st.integers(1, count + 2))


def sizes_allowed(count: int, leaf: int) -> set[int]:
    """floor and ceil of M / 2^d, at the depth where nodes first fit into a leaf and, for its larger nodes, the next."""
    depth = 0
    while count >> depth > leaf:
        depth += 1
    return {size for d in (depth, depth + 1) for size in (count >> d, -(-count // 2**d)) if size <= leaf}


@LAW
@given(pairs())
def test_both_sides_are_partitions_into_partners_of_equal_size(problem: tuple[np.ndarray, np.ndarray, int]) -> None:
    a, b, leaf = problem
    leaves = paired_subspaces(a, b, leaf)
    for side in (0, 1):
        assert sorted(np.concatenate([pair[side] for pair in leaves]).tolist()) == list(range(len(a)))
    allowed = sizes_allowed(len(a), leaf)
    assert all(len(rows_a) == len(rows_b) and len(rows_a) in allowed for rows_a, rows_b in leaves)


@LAW
@given(pairs())
def test_partners_swap_when_the_clouds_do(problem: tuple[np.ndarray, np.ndarray, int]) -> None:
    a, b, leaf = problem
    for (a1, b1), (b2, a2) in zip(paired_subspaces(a, b, leaf), paired_subspaces(b, a, leaf), strict=True):
        assert a1.tolist() == a2.tolist()
        assert b1.tolist() == b2.tolist()


@LAW
@given(pairs())
def test_leaves_are_those_of_the_numpy_code(problem: tuple[np.ndarray, np.ndarray, int]) -> None:
    a, b, leaf = problem
    expected = kd_subspaces.paired_subspaces(a, b, leaf)
    found = paired_subspaces(a, b, leaf)
    assert [(x.tolist(), y.tolist()) for x, y in found] == [(x.tolist(), y.tolist()) for x, y in expected]


@LAW
@given(pairs())
def test_one_cloud_is_cut_as_it_is_beside_itself(problem: tuple[np.ndarray, np.ndarray, int]) -> None:
    cloud, _, leaf = problem
    alone = [rows.tolist() for rows in subspaces(cloud, leaf)]
    assert alone == [rows.tolist() for rows, _ in paired_subspaces(cloud, cloud, leaf)]


@LAW
@given(pairs())
def test_neighbouring_leaves_are_apart_on_some_axis(problem: tuple[np.ndarray, np.ndarray, int]) -> None:
    """Any two leaves are on two sides of the cut that parted them; ties may lie on it."""
    cloud, _, leaf = problem
    leaves = [cloud[rows] for rows in subspaces(cloud, leaf)]
    for i, first in enumerate(leaves):
        for second in leaves[i + 1 :]:
            below = first.max(0) <= second.min(0)
            assert (below | (second.max(0) <= first.min(0))).any()


@LAW
@given(arrays(np.float64, st.integers(1, 40), elements=st.integers(0, 4).map(float)), st.integers(-1, 42))
def test_the_lowest_by_rank_are_those_of_a_stable_sort(values: np.ndarray, count: int) -> None:
    chosen = np.flatnonzero(lowest_by_rank(values, count))
    assert chosen.tolist() == sorted(np.argsort(values, kind="stable")[: max(count, 0)].tolist())


@LAW
@given(st.integers(1, 30).flatmap(grid_clouds), st.integers(1, 35))
def test_patches_are_runs_of_a_permutation_of_nearly_equal_size(cloud: np.ndarray, patches: int) -> None:
    count = len(cloud)
    sizes, offsets = patch_sizes(count, patches), patch_offsets(count, patches)
    assert len(sizes) == patches
    assert sizes.sum() == count
    assert sizes.max() - sizes.min() <= 1
    assert (np.diff(sizes) <= 0).all()
    assert np.diff(offsets).tolist() == sizes.tolist()
    assert sorted(split_into_patches(cloud, patches).tolist()) == list(range(count))


@LAW
@given(st.integers(1, 30).flatmap(grid_clouds), st.integers(1, 9))
def test_patches_are_apart_on_some_axis(cloud: np.ndarray, patches: int) -> None:
    order = split_into_patches(cloud, patches)
    pieces = [cloud[rows] for rows in np.split(order, patch_offsets(len(cloud), patches)[1:-1]) if len(rows)]
    for i, first in enumerate(pieces):
        assert all((first.max(0) <= later.min(0)).any() for later in pieces[i + 1 :])
