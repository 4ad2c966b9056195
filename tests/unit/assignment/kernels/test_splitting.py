"""Compiled splits are those of the numpy code, leaf by leaf and row by row."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.arrays import Rows
from qaadcodec.assignment import subspaces as module
from qaadcodec.assignment.subspaces import paired_subspaces, subspaces

splitting = pytest.importorskip("qaadcodec.assignment.kernels.splitting")


def by_numpy(monkeypatch: pytest.MonkeyPatch, a: np.ndarray, b: np.ndarray, leaf: int) -> list[tuple[Rows, Rows]]:
    with monkeypatch.context() as patch:
        patch.setattr(module, "compiled_leaves", lambda *_: None)
        return paired_subspaces(a, b, leaf)


@pytest.mark.parametrize("kind", ["float32", "float64", "ties", "one place", "signed zeros", "infinite"])
@pytest.mark.parametrize("count", [1, 2, 3, 50, 257, 1001])
def test_the_leaves_are_those_of_the_numpy_code(monkeypatch: pytest.MonkeyPatch, kind: str, count: int) -> None:
    rng = np.random.default_rng(count)
    a, b = rng.standard_normal((2, count, 3)).astype(np.float64 if kind == "float64" else np.float32)
    if kind == "ties":
        a, b = np.round(a), np.round(b)
    elif kind == "one place":
        a[:], b[:] = 0.25, -1.0
    elif kind == "signed zeros":
        a, b = np.copysign(0.0, a), np.copysign(0.0, b)
    elif kind == "infinite":
        a[0, 1], b[-1, 2] = np.inf, -np.inf
    for leaf in (1, 2, 7, 64, 2000):
        with np.errstate(invalid="ignore"):
            expected = by_numpy(monkeypatch, a, b, leaf)
            found = paired_subspaces(a, b, leaf)
        assert [(x.tolist(), y.tolist()) for x, y in found] == [(x.tolist(), y.tolist()) for x, y in expected]
        with np.errstate(invalid="ignore"), monkeypatch.context() as patch:
            alone = subspaces(a, leaf)
            patch.setattr(module, "compiled_leaves", lambda *_: None)
            assert [rows.tolist() for rows in alone] == [rows.tolist() for rows in subspaces(a, leaf)]


def test_the_value_of_a_rank_is_that_of_the_sorted_values() -> None:
    rng = np.random.default_rng(0)
    for count in (1, 2, 3, 10, 101):
        for values in (rng.random(count), np.round(3 * rng.random(count)), np.arange(count)[::-1] * 1.0):
            for rank in range(count):
                assert splitting.select(values.copy(), rank) == np.sort(values)[rank]


def test_clouds_with_coordinates_that_are_no_numbers_are_left_to_numpy() -> None:
    cloud = np.zeros((10, 3))
    cloud[4, 1] = np.nan
    assert module.compiled_leaves(cloud, None, 3) is None
    assert module.compiled_leaves(np.zeros((10, 3)), cloud, 3) is None
