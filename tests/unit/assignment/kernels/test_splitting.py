"""Compiled splits are those of the numpy code in `reference.kd_subspaces`, leaf by leaf and row by row."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from reference import kd_subspaces

from qaadcodec.assignment.kernels import splitting

Lists = list[tuple[list[int], list[int]]]


def split(a: np.ndarray, b: np.ndarray, paired: bool, leaf: int) -> Lists:
    rows_a, rows_b, bounds = splitting.split(a, b, paired, leaf)
    return [(rows_a[i:j].tolist(), rows_b[i:j].tolist()) for i, j in pairwise(bounds)]


@pytest.mark.parametrize("kind", ["float32", "float64", "ties", "few places", "one place", "signed zeros", "infinite"])
@pytest.mark.parametrize("count", [1, 2, 3, 50, 257, 1001])
def test_the_leaves_are_those_of_the_numpy_code(kind: str, count: int) -> None:
    rng = np.random.default_rng(count)
    a, b = (
        np.array(cloud, np.float64 if kind == "float64" else np.float32) for cloud in rng.normal(size=(2, count, 3))
    )
    if kind == "ties":
        a, b = np.round(a), np.round(b)
    elif kind == "few places":
        a, b = np.sign(a), np.round(b / 4)
    elif kind == "one place":
        a[:], b[:] = 0.25, -1.0
    elif kind == "signed zeros":
        a, b = np.copysign(0.0, a).astype(np.float32), np.copysign(0.0, b).astype(np.float32)
    elif kind == "infinite":
        a[0, 1], b[-1, 2] = np.inf, -np.inf
    for leaf in (1, 2, 7, 64, 2000):
        with np.errstate(invalid="ignore"):
            pairs, alone = kd_subspaces.paired_subspaces(a, b, leaf), kd_subspaces.subspaces(a, leaf)
        assert split(a, b, True, leaf) == [(rows_a.tolist(), rows_b.tolist()) for rows_a, rows_b in pairs]
        assert [rows for rows, _ in split(a, a, False, leaf)] == [rows.tolist() for rows in alone]


def test_a_cloud_without_points_is_one_leaf_without_rows() -> None:
    empty = np.empty((0, 3))
    assert split(empty, empty, True, 5) == [([], [])]
    assert split(empty, empty, False, 5) == [([], [])]


def test_the_value_of_a_rank_is_that_of_the_sorted_values() -> None:
    rng = np.random.default_rng(0)
    for count in (1, 2, 3, 10, 101):
        for values in (rng.random(count), np.round(3 * rng.random(count)), np.arange(count)[::-1] * 1.0):
            for rank in range(count):
                assert splitting.select(values.copy(), rank) == np.sort(values)[rank]
