"""The input cloud, and latents by PCA."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.start import initial_input_cloud, middle_cloud, pca_latents, range_finder

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]


def low_rank(clouds: int, points: int, rank: int) -> tuple[Array, Array]:
    """Aligned clouds that vary along `rank` directions of falling strength, and numpy's scores of them."""
    rng = np.random.default_rng(6)
    scores = rng.standard_normal((clouds, rank)) * 2.0 ** -np.arange(rank)
    made = rng.standard_normal((points, 3)) + np.einsum("nr,rmc->nmc", scores, rng.standard_normal((rank, points, 3)))
    table = made.astype(np.float32).reshape(clouds, -1)
    left, singular, _ = np.linalg.svd(table.astype(np.float64) - table.mean(0, dtype=np.float64), full_matrices=False)
    return table.reshape(clouds, points, 3), (left * singular)[:, :rank]


def test_pca_finds_the_directions_of_a_planted_set(make_store: MakeStore) -> None:
    clouds, expected = low_rank(20, 50, 4)
    latents = pca_latents(make_store(clouds), 4, seed=0)
    assert latents.dtype == np.float32
    signs = np.sign((latents * expected).sum(0))
    np.testing.assert_allclose(latents, signs * expected / expected[:, 0].std(), rtol=0, atol=1e-4)
    assert latents[:, 0].std() == pytest.approx(1.0, abs=1e-5)
    largest = np.abs(latents).argmax(0)
    assert (latents[largest, np.arange(4)] > 0).all()


def test_components_beyond_the_rank_are_zero(make_store: MakeStore) -> None:
    clouds, expected = low_rank(20, 50, 2)
    latents = pca_latents(make_store(clouds), 7, seed=0)
    assert latents.shape == (20, 7)
    assert np.abs(latents[:, 2:]).max() < 1e-4
    assert np.abs(expected[:, 1]).max() > 0.1


def test_fewer_clouds_than_latent_numbers(make_store: MakeStore) -> None:
    clouds, expected = low_rank(3, 40, 2)
    latents = pca_latents(make_store(clouds), 10, seed=0)
    assert latents.shape == (3, 10)
    signs = np.sign((latents[:, :2] * expected).sum(0))
    np.testing.assert_allclose(latents[:, :2], signs * expected / expected[:, 0].std(), rtol=0, atol=1e-4)
    assert np.abs(latents[:, 2:]).max() < 1e-4


def test_more_clouds_than_coordinates(make_store: MakeStore) -> None:
    clouds, expected = low_rank(40, 2, 3)
    latents = pca_latents(make_store(clouds), 30, seed=0)
    assert np.isfinite(latents).all()
    signs = np.sign((latents[:, :3] * expected).sum(0))
    np.testing.assert_allclose(latents[:, :3], signs * expected / expected[:, 0].std(), rtol=0, atol=1e-3)


@pytest.mark.parametrize("clouds", [1, 3])
def test_one_cloud_or_equal_ones_have_nothing_to_tell(make_store: MakeStore, clouds: int) -> None:
    cloud = np.random.default_rng(7).integers(-8, 8, (1, 30, 3)).astype(np.float32)
    latents = pca_latents(make_store(np.repeat(cloud, clouds, axis=0)), 5, seed=0)
    np.testing.assert_array_equal(latents, np.zeros((clouds, 5), np.float32))


def test_the_range_finder_spans_the_leading_vectors() -> None:
    clouds, expected = low_rank(30, 60, 5)
    table = clouds.reshape(30, -1) - clouds.reshape(30, -1).mean(0)
    basis = range_finder(table, 8, seed=0)
    np.testing.assert_allclose(basis.T @ basis, np.eye(8), atol=1e-5)
    np.testing.assert_allclose(basis @ (basis.T @ expected), expected, atol=1e-4 * np.abs(expected).max())


def test_the_input_cloud_is_the_middle_one_patch_by_patch(
    make_store: MakeStore, assert_permuted: Callable[[Array, Array], None]
) -> None:
    base = np.random.default_rng(8).uniform(-1, 1, (97, 3)).astype(np.float32)
    sizes = np.array([0.5, 1.0, 3.0, 0.9, 1.2], np.float32)  # the mean is 1.32, nearest to it is 1.2
    store = make_store(base * sizes[:, None, None])
    assert middle_cloud(store) == 4
    q = initial_input_cloud(store, 6)
    assert_permuted(q[None], store.points[4:5])
    offsets = patch_offsets(97, 6)
    within = sum(float(np.square(q[a:b] - q[a:b].mean(0)).sum()) for a, b in itertools.pairwise(offsets))
    assert within < 0.6 * float(np.square(q - q.mean(0)).sum())


def test_the_store_is_not_changed_by_choosing_an_input_cloud(
    make_store: MakeStore, make_planted: Callable[..., Array]
) -> None:
    clouds = make_planted(3, 50)
    store = make_store(clouds)
    q = initial_input_cloud(store, 5)
    q += 1.0
    np.testing.assert_array_equal(store.points, clouds)
