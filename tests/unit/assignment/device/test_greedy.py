"""QAAD-Greedy of batches: bijections within a thousandth of what the exact solver finds in the same subspaces."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qaadcodec.assignment.device.greedy import greedy
from qaadcodec.assignment.greedy import greedy as exact_greedy


@pytest.mark.parametrize(("points", "leaf"), [(1, 4), (40, 64), (333, 32), (1000, 128)])
def test_matches_cost_within_a_thousandth_of_those_of_the_exact_solver(points: int, leaf: int) -> None:
    rng = np.random.default_rng(points)
    prediction, target = rng.standard_normal((2, 3, points, 3)).astype(np.float32)
    order = greedy(torch.from_numpy(prediction), torch.from_numpy(target), leaf).numpy()
    assert (np.sort(order) == np.arange(points)).all()
    for i in range(3):
        exact = exact_greedy(prediction[i], target[i], leaf, rng)
        best, found = (np.square(prediction[i].astype(float) - target[i][rows]).sum() for rows in (exact, order[i]))
        assert best * (1 - 1e-6) <= found <= best * 1.001


def test_a_shuffled_cloud_is_put_in_order() -> None:
    rng = np.random.default_rng(0)
    cloud = rng.standard_normal((500, 3)).astype(np.float32)
    shuffles = np.stack([rng.permutation(500) for _ in range(4)])
    order = greedy(torch.from_numpy(cloud).expand(4, -1, -1), torch.from_numpy(cloud[shuffles]), 64)
    assert np.take_along_axis(shuffles, order.numpy(), 1).tolist() == [list(range(500))] * 4
