"""Linear assignment, against every permutation of small clouds and clouds whose answer is known."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import pairwise, permutations

import numpy as np
import pytest

from qaadcodec.assignment import linear
from qaadcodec.assignment.linear import assign, assign_in_subspaces
from qaadcodec.errors import UsageError
from qaadcodec.parallel import in_parallel


def cost(a: np.ndarray, b: np.ndarray, order: object) -> float:
    return float(((a - b[np.asarray(order)]) ** 2).sum())


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6])
def test_no_permutation_is_cheaper(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(5):
        a, b = rng.standard_normal((2, count, 3))
        cheapest = min(cost(a, b, order) for order in permutations(range(count)))
        assert cost(a, b, assign(a, b)) == pytest.approx(cheapest, rel=1e-12)


def test_a_shuffled_cloud_is_put_back_in_order() -> None:
    rng = np.random.default_rng(1)
    cloud, shuffle = rng.standard_normal((200, 3)), rng.permutation(200)
    result = assign(cloud, cloud[shuffle])
    assert result.dtype == np.int64
    assert shuffle[result].tolist() == list(range(200))


def test_a_translated_cloud_is_matched_point_by_point() -> None:
    """With squared distances the translation itself is optimal, however far it goes."""
    rng = np.random.default_rng(2)
    cloud, shuffle = rng.standard_normal((100, 3)), rng.permutation(100)
    assert shuffle[assign(cloud, cloud[shuffle] + [3.0, -40.0, 0.5])].tolist() == list(range(100))


def test_millimetres_at_utm_coordinates_are_told_apart() -> None:
    cloud = np.array([[5e6, 4e5, 0.001 * i] for i in range(20)])
    assert assign(cloud, cloud[::-1]).tolist() == list(range(19, -1, -1))


def test_the_distance_is_squared() -> None:
    # On a line 0, 1 to 1, 2: unsquared both orders cost 2; squared 0→1, 1→2 costs 2 and 0→2, 1→1 costs 4.
    assert assign(np.array([[0.0, 0, 0], [1, 0, 0]]), np.array([[2.0, 0, 0], [1, 0, 0]])).tolist() == [1, 0]


def test_what_is_too_large_to_be_squared() -> None:
    assert linear.squarable(np.array([[0.0, -1e149, 1.0]]))
    assert not linear.squarable(np.array([[0.0, -1e150, 1.0]]))
    assert not linear.squarable(np.array([[0.0, 1.0, 1e150]]))
    assert linear.squarable(np.empty((0, 3)))


@pytest.mark.parametrize("scale", [1.0, 1e151])  # scipy solves what is too large to be squared
def test_matches_stay_inside_their_pair(scale: float) -> None:
    a = scale * np.array([[0.0, 0, 0], [5, 0, 0], [1, 0, 0], [6, 0, 0]])
    pairs = [(np.array([0, 1]), np.array([3, 2])), (np.array([2, 3]), np.array([0, 1]))]
    # b is a itself, so without the pairs every row would take its own number.
    assert assign_in_subspaces(a, a, pairs).tolist() == [2, 3, 0, 1]


@pytest.mark.parametrize("solve", [linear.assign, linear.assign_by_matrix])
def test_clouds_of_other_dtypes_are_matched_in_float64(solve: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> None:
    """The squares of these numbers do not fit their own types."""
    rng = np.random.default_rng(7)
    for dtype in (np.int16, np.uint8, np.float16):
        cloud, shuffle = rng.permutation(200)[:, None] * np.array([1, 0, 0]), rng.permutation(200)
        assert shuffle[solve(cloud.astype(dtype), cloud[shuffle].astype(np.float32))].tolist() == list(range(200))


def test_clouds_of_unequal_size_are_refused() -> None:
    with pytest.raises(UsageError, match=r"^an assignment needs clouds of equal size, not 3 and 4 points$"):
        assign(np.zeros((3, 3)), np.zeros((4, 3)))


def test_work_is_done_once_for_each_item() -> None:
    done: list[int] = []
    in_parallel(done.append, range(100))
    assert sorted(done) == list(range(100))


def test_an_error_in_a_thread_is_raised() -> None:
    def work(item: int) -> None:
        if item >= 3:
            raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match=r"^item 3$"):
        in_parallel(work, range(10))


def test_subspaces_of_all_sizes_are_solved_whoever_takes_them() -> None:
    """Many more runs than threads, with pairs of one point and of none among them."""
    rng = np.random.default_rng(4)
    a, b = rng.standard_normal((2, 300, 3)).astype(np.float32)
    cuts = [0, 1, 1, 2, *range(5, 300, 7), 300]
    order_a, order_b = rng.permutation(300), rng.permutation(300)
    pairs = [(order_a[i:j], order_b[i:j]) for i, j in pairwise(cuts)]
    found = assign_in_subspaces(a, b, pairs)
    for rows_a, rows_b in pairs:
        assert sorted(found[rows_a]) == sorted(rows_b)
        if len(rows_a):
            expected = rows_b[linear.assign_by_matrix(a[rows_a], b[rows_b])]
            assert found[rows_a].tolist() == expected.tolist()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_gets_threads_of_its_own() -> None:
    cloud = np.random.default_rng(5).standard_normal((64, 3))
    halves = [(np.arange(32), np.arange(32)), (np.arange(32, 64), np.arange(32, 64))]
    assign_in_subspaces(cloud, cloud, halves)  # starts the threads of this one
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        ended = assign_in_subspaces(cloud, cloud, halves).tolist() == list(range(64))
        os._exit(0 if ended else 1)
    assert os.waitpid(child, 0)[1] == 0
