"""The compiled solver against scipy's on a matrix, where auctions have a hard time, and on problems known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.assignment import linear
from qaadcodec.assignment.kernels import exact
from qaadcodec.assignment.linear import assign_by_matrix


def exactly(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The compiled solver alone, on one pair; nothing where it gives up."""
    rows, result = np.arange(len(a)), np.empty(len(a), np.int64)
    exact.assign_leaves(np.array(a, order="C"), np.array(b, order="C"), rows, rows, np.array([0, len(a)]), result)
    return result if (result >= 0).all() else result[:0]


def total(a: np.ndarray, b: np.ndarray, order: np.ndarray) -> float:
    assert sorted(order.tolist()) == list(range(len(a)))
    return float(np.square(a - b[order]).sum())


def surface(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((count, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True) * (1.0, 0.8, 0.5)


UTM = np.array([4e5, 5e6, 100.0])
NEAR = surface(400, 0) + 0.001 * np.random.default_rng(1).standard_normal((400, 3))
PROBLEMS = {
    "two samplings of one shape": (surface(700, 0), surface(700, 1)),
    "nearly the same points": (surface(400, 0), NEAR[::-1]),
    "shifted": (surface(300, 0), surface(300, 1) + np.array([0.3, 0.0, 0.0])),
    "of other sizes": (surface(300, 0), 3.0 * surface(300, 1)),
    "the same points": (surface(257, 2), surface(257, 2)[::-1]),
    "integers, with many ties": (np.round(4 * surface(300, 3)), np.round(4 * surface(300, 4))),
    "each point many times": (np.repeat(surface(8, 5), 40, axis=0), np.repeat(surface(8, 6), 40, axis=0)),
    "one place": (np.ones((150, 3)), np.ones((150, 3))),
    "one far off": (
        np.concatenate([surface(199, 7), [[1e3, 0, 0]]]),
        np.concatenate([surface(198, 8), [[9.0, 0, 0], [0, 9, 0]]]),
    ),
    "two clusters of unequal shares": (
        np.concatenate([surface(150, 9), surface(50, 10) + 50]),
        np.concatenate([surface(100, 11), surface(100, 12) + 50]),
    ),
    "on a line": (np.arange(130.0)[:, None] * (1, 0, 0), np.arange(130.0)[::-1, None] * (1, 0, 0) + 0.5),
    "UTM coordinates": (surface(100, 13) + UTM, surface(100, 14) + UTM),
    "as many as fit a list": (surface(exact.LISTED, 15), surface(exact.LISTED, 16)),
    "one more than fits a list": (surface(exact.LISTED + 1, 15), surface(exact.LISTED + 1, 16)),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_total_is_that_of_the_matrix_solver(name: str) -> None:
    a, b = PROBLEMS[name]
    best = total(a, b, assign_by_matrix(a, b))
    assert total(a, b, linear.assign(a, b)) == pytest.approx(best, rel=1e-12, abs=1e-12 * np.square(a - b).sum())


@pytest.mark.parametrize("name", list(PROBLEMS)[:4])
def test_clouds_without_coincidences_are_never_given_up(name: str) -> None:
    assert len(exactly(*PROBLEMS[name])) == len(PROBLEMS[name][0])


def test_wars_between_coinciding_points_are_given_up_and_left_to_the_matrix_solver() -> None:
    """Half of the points are copies of one: rows outbid each other by ε for the same place, thousands of times."""
    padded = surface(600, 30)
    padded[300:] = padded[0]
    noisy = padded + 0.01 * np.random.default_rng(31).standard_normal((600, 3))
    assert len(exactly(noisy, padded)) == 0
    assert total(noisy, padded, linear.assign(noisy, padded)) == pytest.approx(
        total(noisy, padded, assign_by_matrix(noisy, padded)), rel=1e-12
    )


def test_small_problems_of_every_size() -> None:
    rng = np.random.default_rng(20)
    for count in range(1, 80):
        a, b = rng.standard_normal((2, count, 3))
        best = total(a, b, assign_by_matrix(a, b))
        assert total(a, b, exactly(a, b)) == pytest.approx(best, rel=1e-12)


def test_a_shuffled_line_is_matched_in_order() -> None:
    """Sorted matching is the optimum on a line."""
    rng = np.random.default_rng(21)
    a, b = rng.random((2, 500, 1)) * (1.0, 0.0, 0.0)
    order = linear.assign(a, b)
    assert order[np.argsort(a[:, 0])].tolist() == np.argsort(b[:, 0]).tolist()


def test_read_only_and_strided_clouds_are_taken() -> None:
    a, b = surface(100, 22), surface(200, 23)[::2]
    a.setflags(write=False)
    assert linear.assign(a, b).tolist() == linear.assign(a.copy(), b.copy()).tolist()


def test_scipy_solves_what_is_too_large_to_be_squared() -> None:
    a, b = surface(60, 24), surface(60, 25)
    quick = linear.assign(a, b)
    large = 2.0**502  # above SQUARABLE; a power of two changes no digit
    assert large * np.abs(a).max() > linear.SQUARABLE
    assert linear.assign(large * a, large * b).tolist() == quick.tolist()


def test_a_point_whose_squared_distances_all_overflow_cannot_be_matched() -> None:
    a = surface(10, 26)
    b = a.copy()
    b[3, 1] = 1e200
    with pytest.raises(ValueError, match=r"^cost matrix is infeasible$"):
        linear.assign(a, b)
