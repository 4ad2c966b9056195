"""Tables of frequencies that learn: how they start, and what a symbol adds."""

from __future__ import annotations

import numpy as np

from qaadcodec.archive.coding.points.adaptive_tables import CHANCES, AdaptiveTables
from qaadcodec.arrays import Longs, Singles

NO_WEIGHTS = np.zeros((3, 4), dtype=np.int64)


def flat(*counts: int) -> tuple[Longs, Singles]:
    """Nodes of so many points, across which the density is even."""
    return np.array(counts), np.zeros((4, len(counts)), dtype=np.float32)


def test_chances_are_those_of_the_logistic_function() -> None:
    middles = (np.arange(len(CHANCES)) + 0.5) / 4
    np.testing.assert_array_equal(CHANCES, np.rint(256 / (1 + np.exp(-middles))))


def test_nodes_are_coded_by_alphabet_and_learn_together() -> None:
    tables = AdaptiveTables(NO_WEIGHTS)
    contexts = tables.contexts(*flat(5, 1, 3, 1))
    assert [(np.arange(4)[part].tolist(), size) for part, size in contexts.parts] == [([1, 3], 2), ([2], 4), ([0], 16)]
    ones = contexts.parts[0]
    counts = np.array([1 + 1024 * 136 // 256, 1 + 1024 * 120 // 256])  # of the first row, by the specification
    np.testing.assert_allclose(tables.probabilities(contexts, *ones), [counts / counts.sum()] * 2, atol=2.0**-23)
    tables.learn(contexts, np.array([0, 1, 0, 1]))
    counts += [0, 2 * 8]  # both nodes of one point have this row
    probabilities = tables.probabilities(contexts, *ones)
    np.testing.assert_allclose(probabilities, [counts / counts.sum()] * 2, atol=2.0**-23)
    assert (probabilities.sum(axis=1) == 1).all()


def test_nodes_of_one_alphabet_are_not_picked_out() -> None:
    contexts = AdaptiveTables(NO_WEIGHTS).contexts(*flat(2, 3, 3))
    assert contexts.parts == [(slice(None), 4)]


def test_a_slope_downwards_mirrors_a_node() -> None:
    weights = np.zeros((3, 4), dtype=np.int64)
    weights[:, 1] = 32
    features = np.zeros((4, 2), dtype=np.float32)
    features[1] = [-130, 130]
    contexts = AdaptiveTables(weights).contexts(np.array([1, 1]), features)
    assert contexts.mirrored.tolist() == [True, False]
    assert contexts.rows.tolist() == [2, 2]  # a quarter of a slope of 1 is 64
