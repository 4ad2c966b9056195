"""Latents from quantiles: they need no order of points, and clouds that are alike have latents that are alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qaadcodec.sets.store import TargetStore
from qaadcodec.training.registration.quantile_latents import quantile_latents, quantiles

Maker = Callable[[np.ndarray], TargetStore]


def stretched(factors: np.ndarray, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.standard_normal((500, 3)) * (1.0, f, 1.0) for f in factors]).astype(np.float32)


def test_the_first_number_follows_what_varies_in_the_set(make_store: Maker) -> None:
    factors = np.linspace(0.5, 2.0, 12)
    latents = quantile_latents(make_store(stretched(factors)), 4, 0)
    assert abs(np.corrcoef(latents[:, 0], factors)[0, 1]) > 0.99
    np.testing.assert_allclose(latents[:, 0].std(), 1.0, rtol=1e-5)


def test_the_order_of_points_does_not_matter(make_store: Maker) -> None:
    clouds = stretched(np.linspace(0.5, 2.0, 6))
    turned = clouds[:, np.random.default_rng(1).permutation(500)]
    a, b = (quantile_latents(make_store(c), 3, 5) for c in (clouds, turned))
    np.testing.assert_allclose(a, b, atol=1e-4)


def test_numbers_beyond_the_rank_of_the_set_are_zero(make_store: Maker) -> None:
    latents = quantile_latents(make_store(stretched(np.array([0.5, 2.0]))), 5, 0)
    assert not latents[:, 2:].any()
    assert not quantile_latents(make_store(np.repeat(stretched(np.array([1.0])), 3, axis=0)), 2, 0).any()


def test_quantiles_of_a_uniform_column_are_evenly_spread() -> None:
    column = np.random.default_rng(0).permutation(np.linspace(0, 1, 1000, dtype=np.float32))[:, None]
    np.testing.assert_allclose(quantiles(column, 4), [0.125, 0.375, 0.625, 0.875], atol=2e-3)
