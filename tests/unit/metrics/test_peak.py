"""What PSNRs are relative to, on a grid whose box and spacing are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qaadcodec.metrics.names import METRICS
from qaadcodec.metrics.pair import nearest_errors
from qaadcodec.metrics.peak import peak_length, peak_told
from qaadcodec.metrics.point_tree import PointTree

GRID = np.stack(np.meshgrid(2.0 * np.arange(4), 2.0 * np.arange(3), [0.0]), -1).reshape(-1, 3)  # 2 apart, 6 by 4


def test_the_box_has_a_diagonal() -> None:
    assert peak_length("box", PointTree.of(GRID)) == math.hypot(6, 4)


def test_the_spacing_is_that_of_the_loneliest_point() -> None:
    assert peak_length("spacing", PointTree.of(GRID)) == 2.0
    lonely = np.concatenate([GRID, [[6.0, 4.0, 5.0]]])
    assert peak_length("spacing", PointTree.of(lonely)) == 5.0
    assert peak_length("spacing", PointTree.of(np.concatenate([GRID, GRID]))) == 0.0  # each has a twin
    assert peak_length("spacing", PointTree.of(GRID[:1])) == 0.0
    assert peak_length("spacing", PointTree.of(GRID[[0, -1]])) == math.hypot(6, 4)


def test_a_length_is_itself() -> None:
    assert peak_length(1023, PointTree.of(GRID)) == 1023.0


def test_psnrs_by_each_peak() -> None:
    """Moved by 1/4 along its normal: MSE 1/16, in both errors."""
    original, decoded = PointTree.of(GRID), PointTree.of(GRID + np.array([0, 0, 0.25]))
    for peak, squared in (("box", 52.0), ("spacing", 4.0), (1023.0, 1023.0**2)):
        found = nearest_errors(decoded, original, METRICS, peak)
        assert found["psnr_peak"] == pytest.approx(math.sqrt(squared))
        assert found["d1_psnr"] == found["d2_psnr"] == pytest.approx(10 * math.log10(3 * squared * 16))


def test_without_a_psnr_there_is_no_peak() -> None:
    tree = PointTree.of(GRID)
    assert set(nearest_errors(tree, tree, ["chamfer"])) == {"chamfer", "augmented_chamfer", "hausdorff"}


def test_peaks_in_words() -> None:
    assert peak_told("box") == "diagonal of the original's bounding box"
    assert peak_told("spacing") == "largest nearest-neighbour distance in the original"
    assert peak_told(1023.0) == "1023 units of the input"
