"""The weighted slope, and weights by regression."""

from __future__ import annotations

import numpy as np

from qaadcodec.archive.coding.points.slope_weights import fit_weights, group_of, weighted_slope


def test_nodes_have_the_weights_of_their_group() -> None:
    counts = np.array([1, 2, 3, 4, 100])
    assert group_of(counts).tolist() == [0, 1, 1, 2, 2]
    weights = np.arange(12).reshape(3, 4)
    features = np.full((4, 5), 64, np.float32)
    assert weighted_slope(weights, counts, features).tolist() == [12, 44, 44, 76, 76]  # 64 / 32 · the sums of rows


def test_a_slope_is_rounded_down() -> None:
    weights = np.zeros((3, 4), dtype=np.int64)
    weights[0] = [1, 0, 0, -1]
    features = np.array([[33, -33], [0, 0], [0, 0], [0, 0]], np.float32)
    assert weighted_slope(weights, np.array([1, 1]), features).tolist() == [1, -2]


def test_the_regression_finds_the_weights_that_points_were_drawn_with() -> None:
    rng = np.random.default_rng(0)
    true = np.array([24.0, -10.0, 40.0, 5.0])
    features = np.rint(rng.normal(0, 256, (4, 20_000))).astype(np.float32)
    counts = np.ones(20_000, dtype=np.int64)
    upper = (rng.random(20_000) < 1 / (1 + np.exp(-true @ features / 32 / 256))).astype(np.int64)
    weights = fit_weights(counts, upper, features)
    np.testing.assert_allclose(weights[0], true, atol=2.0)
    assert weights[1:].tolist() == [[0] * 4] * 2  # no nodes, no weights
