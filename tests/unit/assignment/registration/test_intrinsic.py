"""Coordinates that stay when a shape bends: known on a sphere, the same on a sheet and its roll, and not cut short."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from qaadcodec.assignment.registration import intrinsic
from qaadcodec.assignment.registration.intrinsic import QUANTILES, Intrinsic, ways_along

COUNT = 3000


def sheet(seed: int) -> np.ndarray:
    """Random places on a sheet, three times as long as wide, (COUNT, 2)."""
    return np.random.default_rng(seed).random((COUNT, 2)) * [3.0, 1.0]


WAYS = len(QUANTILES)


def of(points: np.ndarray) -> np.ndarray:
    """The coordinates of all points, which are nodes."""
    return Intrinsic.of(points, np.random.default_rng(0)).at(points)


def test_all_points_of_a_sphere_see_the_same() -> None:
    """Of a sphere's area the share within the angle φ is (1 - cos φ) / 2, and the mean angle is π / 2."""
    points = np.random.default_rng(1).standard_normal((COUNT, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    expected = np.arccos(1.0 - 2.0 * np.array(QUANTILES)) / (np.pi / 2.0)
    found = of(points)[:, :WAYS]
    assert found.mean(0) == pytest.approx(expected, abs=0.03)
    assert found.std(0).max() < 0.15  # SOURCES are few


def test_a_sheet_that_is_rolled_up_keeps_its_coordinates() -> None:
    """To three quarters of a cylinder, whose ends come within less than half of the sheet's length."""
    u, v = sheet(2).T
    flat, radius = np.column_stack([u, v, 0.0 * u]), 3.0 / (1.5 * np.pi)
    rolled = np.column_stack([radius * np.cos(u / radius), v, radius * np.sin(u / radius)])
    assert of(rolled)[:, :WAYS] == pytest.approx(of(flat)[:, :WAYS], abs=0.1)


def test_left_and_right_differ_by_the_middle_of_what_is_near() -> None:
    """Of two ends of a sheet that is folded in the middle, so that one comes to lie above the other."""
    u, v = sheet(4).T
    folded = np.column_stack([np.abs(u - 1.5), v, 1.2 * (u > 1.5)])
    left, right = (np.argmin(np.hypot(u - end, v - 0.5)) for end in (0.0, 3.0))
    found = of(folded)
    assert found[left, :WAYS] == pytest.approx(found[right, :WAYS], abs=0.5)  # SOURCES are few
    gaps = np.abs(found[left, WAYS:] - found[right, WAYS:])
    assert gaps[2] > 3 * max(gaps[0], gaps[1])


def test_no_way_leads_to_a_part_that_is_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet is folded, so that its halves come within a spacing and a half, which neighbours of points span."""
    u, v = sheet(3).T
    folded = np.column_stack([np.abs(u - 1.5), v, np.where(u > 1.5, 0.045, 0.0)])

    def ways_across() -> int:
        ways = ways_along(folded, cKDTree(folded)).tocoo()
        return int((((u > 1.5)[ways.row] != (u > 1.5)[ways.col]) & (folded[ways.row, 0] > 0.2)).sum())

    few = ways_across()
    monkeypatch.setattr(intrinsic, "STEEPEST", 2.0)
    assert few < 0.03 * ways_across()


def test_parts_that_nothing_joins_have_coordinates_too() -> None:
    points = np.concatenate([np.random.default_rng(s).random((200, 3)) * [1, 1, 0] + [0, 0, 5.0 * s] for s in (0, 1)])
    assert np.isfinite(of(points)).all()
    assert np.isfinite(of(np.zeros((50, 3)))).all()
