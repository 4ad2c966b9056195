"""Bounds of EM-kD by the auction: the exact EM-kD lies between them, and they are near."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qaadcodec.errors import UsageError
from qaadcodec.metrics.em_kd import em_kd
from qaadcodec.metrics.em_kd_bounds import em_kd_bounds, em_kd_within


@pytest.mark.parametrize(("points", "leaf"), [(1, 8), (90, 128), (333, 50), (700, 64)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_exact_em_kd_lies_between_the_bounds(points: int, leaf: int, dtype: type) -> None:
    rng = np.random.default_rng(points)
    a, b = rng.standard_normal((2, 4, points, 3)).astype(dtype)
    b[1] = a[1] + dtype(0.1) * b[1]
    a[2], b[2] = np.round(a[2]), np.round(b[2])  # ties decide about subspaces too
    b[3] = rng.permutation(a[3])
    bounds = em_kd_bounds(torch.from_numpy(a), torch.from_numpy(b), leaf)
    exact = np.array([em_kd(x, y, leaf) for x, y in zip(a, b, strict=True)])
    assert (bounds.lower.numpy() <= exact * (1 + 1e-12)).all()
    assert (exact <= bounds.upper.numpy() * (1 + 1e-12)).all()
    assert (bounds.upper - bounds.lower <= 1e-3 * bounds.upper).all()
    assert bounds.upper[3] == 0.0


def test_a_moved_cloud_is_at_the_squared_length_of_the_way() -> None:
    cloud = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 100, 3)))
    moved = cloud + torch.tensor([1.0, -2.0, 0.5])
    upper, lower = em_kd_bounds(cloud, moved, 16)
    assert upper.tolist() == pytest.approx([5.25, 5.25], rel=1e-3)
    assert (lower <= 5.25 + 1e-9).all()
    assert (upper >= 5.25 - 1e-9).all()


def test_clouds_side_by_side_have_the_bounds_of_one() -> None:
    """Four in a row, far apart, each in a subspace of its own: means over all of their points."""
    a, b = torch.from_numpy(np.random.default_rng(2).integers(-64, 65, (2, 1, 50, 3)) / 64.0)
    far = torch.tensor([[0.0, 0, 0], [64, 0, 0], [128, 0, 0], [192, 0, 0]], dtype=torch.float64)
    alone = em_kd_bounds(a, b, 50)
    upper, lower = em_kd_bounds(*((cloud[:, None] + far[:, None]).view(1, 200, 3) for cloud in (a, b)), 50)
    assert 0 < lower < upper
    assert upper.tolist() == pytest.approx(alone.upper.tolist())
    assert (upper - lower).tolist() == pytest.approx((alone.upper - alone.lower).tolist())


def test_of_two_clouds_it_is_the_upper_bound_and_how_far_the_exact_one_may_be_below() -> None:
    a, b = np.random.default_rng(1).standard_normal((2, 50, 3)).astype(np.float32)
    (upper,), (lower,) = em_kd_bounds(torch.from_numpy(a)[None], torch.from_numpy(b)[None])
    assert em_kd_within(a, b, torch.device("cpu")) == (float(upper), float(upper - lower))
    assert lower < upper


def test_axes_are_chosen_in_float64() -> None:
    """The summed extents, 2 along x and 2 + 2^-24 along y, would be the same in float32, and x be taken."""
    long, short = 1 + 2.0**-23, 1 - 2.0**-24
    a = torch.tensor([[[0.0, 0.0, 0.0], [1.0, long, 0.5]]])
    b = torch.tensor([[[0.0, short, 0.0], [1.0, 0.0, 0.5]]])
    upper, lower = em_kd_bounds(a, b, 1)
    assert float(upper) == float(lower) == em_kd(a[0].numpy(), b[0].numpy(), 1)
    assert float(upper) == pytest.approx(1.25, rel=1e-6)  # along x it would be 1


def test_clouds_of_unequal_size_are_refused() -> None:
    with pytest.raises(UsageError, match="clouds of equal size"):
        em_kd_bounds(torch.zeros(1, 3, 3), torch.zeros(1, 4, 3))
