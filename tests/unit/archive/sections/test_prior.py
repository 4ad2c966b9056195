"""The prior of the latents: bytes, blocks, and what a cloud costs."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive import storable
from qaadcodec.archive.sections.prior import Prior, fit_prior, parse_prior, prior_size
from qaadcodec.errors import ArchiveError, UsageError

SIZE = 32


def sample(clouds: int, seed: int = 0) -> np.ndarray:
    """Latents whose numbers have means and deviations of their own."""
    rng, shape = np.random.default_rng(seed), np.random.default_rng(99)
    deviations, means = np.exp(shape.normal(0, 0.5, SIZE)), shape.normal(0, 1, SIZE)
    return (means + deviations * rng.normal(size=(clouds, SIZE))).astype(np.float32)


def grids_of(latents: np.ndarray, parts: int = 16) -> np.ndarray:
    return np.array([storable(float(s) / parts) for s in latents.std(axis=0)], dtype=np.float32)


def test_bytes_come_back() -> None:
    latents = sample(100)
    prior = fit_prior(latents, grids_of(latents))
    data = prior.to_bytes()
    assert len(data) == prior_size(SIZE) == 1 + 5 * SIZE
    again = parse_prior(data)
    assert again.to_bytes() == data
    np.testing.assert_array_equal(again.grids, prior.grids)
    np.testing.assert_array_equal(again.centres, prior.centres)
    np.testing.assert_allclose(prior.centres * prior.grids, latents.mean(axis=0), atol=0.2)


@pytest.mark.parametrize("clouds", [1, 2, 64])
def test_blocks_come_back_within_half_a_grid_spacing(clouds: int) -> None:
    latents = sample(clouds)
    grids = grids_of(sample(100))
    prior = fit_prior(latents, grids)
    block = prior.decode(prior.encode(latents), clouds)
    assert (block.dtype, block.shape) == (np.float32, (clouds, SIZE))
    assert (np.abs(block - latents) <= grids * 0.5001).all()
    assert prior.encode(block) == prior.encode(latents)


def test_a_block_takes_the_entropy_and_little_more() -> None:
    latents = sample(64)
    prior = fit_prior(latents, grids_of(latents))
    entropy = np.log2(16 * np.sqrt(2 * np.pi * np.e)) * latents.size / 8
    assert len(prior.encode(latents)) < 1.02 * entropy + 2


def test_the_family_is_the_one_that_suits_the_latents() -> None:
    """Families below 8 have long tails, those above have the bell of a normal distribution."""
    normal = sample(400)
    long_tailed = np.random.default_rng(2).laplace(size=normal.shape).astype(np.float32)
    assert fit_prior(normal, grids_of(normal)).family >= 8
    assert fit_prior(long_tailed, grids_of(long_tailed)).family < 8


@pytest.mark.parametrize("clouds", [1, 4, 64])
def test_one_more_cloud_takes_few_bytes_whatever_the_prior_was_fitted_to(clouds: int) -> None:
    prior = fit_prior(sample(clouds), grids_of(sample(100)))
    sizes = [len(prior.encode(sample(1, seed))) for seed in range(10, 30)]
    assert np.mean(sizes) < (28 if clouds == 64 else 36)  # 24.2 bytes of entropy


def test_what_the_tables_do_not_hold_is_clipped() -> None:
    prior = Prior(14, np.array([1.0]), np.array([20]), np.array([5]))
    far = np.array([[1e6], [-1e6]], dtype=np.float32)
    assert prior.decode(prior.encode(far), 2).tolist() == [[389.0], [-379.0]]


def test_what_is_wrong_is_said() -> None:
    latents = sample(3)
    with pytest.raises(UsageError, match=r"grids of shape \(31,\), and a latent has 32 numbers"):
        fit_prior(latents, grids_of(latents)[1:])
    data = fit_prior(latents, grids_of(latents)).to_bytes()
    with pytest.raises(ArchiveError, match="family 77 of tables, and there are 16"):
        parse_prior(b"\x4d" + data[1:])
    with pytest.raises(ArchiveError, match="scale 200 of tables, and there are 64"):
        parse_prior(data[:65] + b"\xc8" + data[66:])
    with pytest.raises(ArchiveError, match="a quantiser step is 3"):
        parse_prior(data[:1] + b"\x03" + data[2:])
