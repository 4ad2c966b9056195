"""The input cloud, the first assignment, and latents by PCA."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.config import AssignmentConfig
from qaadcodec.progress import StopRequest
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.host.align import align
from qaadcodec.training.start import initial_input_cloud, middle_cloud, pca_latents, range_finder

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
GREEDY = AssignmentConfig(greedy_leaf=16)
RANDOM = AssignmentConfig(greedy=False)


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


@pytest.mark.parametrize("config", [GREEDY, RANDOM], ids=["greedy", "random"])
def test_aligned_clouds_are_permutations_of_themselves(
    make_store: MakeStore,
    make_planted: Callable[..., Array],
    assert_permuted: Callable[[Array, Array], None],
    config: AssignmentConfig,
) -> None:
    clouds = make_planted(4, 101)
    store = make_store(clouds)
    assert list(align(store, initial_input_cloud(store, 7), config, seed=0)) == [1, 2, 3, 4]
    assert_permuted(store.points, clouds)
    assert not np.array_equal(store.points, clouds)


def test_greedy_brings_the_clouds_near_the_input_cloud(
    make_store: MakeStore, make_planted: Callable[..., Array]
) -> None:
    clouds = make_planted(4, 200)
    errors = {}
    for name, config in {"greedy": GREEDY, "random": RANDOM}.items():
        store = make_store(clouds)
        q = initial_input_cloud(store, 4)
        list(align(store, q, config, seed=0))
        errors[name] = float(np.square(store.points - q).sum(2).mean())
    assert errors["greedy"] < 0.2 * errors["random"]


@pytest.mark.parametrize("config", [GREEDY, RANDOM], ids=["greedy", "random"])
def test_alignment_depends_on_seed_and_place_alone(
    make_store: MakeStore, make_planted: Callable[..., Array], config: AssignmentConfig
) -> None:
    clouds = make_planted(3, 60)
    first, again = make_store(clouds), make_store(clouds)
    q = initial_input_cloud(first, 4)
    list(align(first, q, config, seed=5))
    list(align(again, q, config, seed=5))
    np.testing.assert_array_equal(first.points, again.points)
    if not config.greedy:
        other = make_store(clouds)
        list(align(other, q, config, seed=6))
        assert not np.array_equal(first.points, other.points)


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


def test_greedy_hurries_where_time_is_short_and_when_it_is_stopped(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leaves are halved from cloud to cloud down to 8 points while the pace is too slow, and 8 after a stop."""
    leaves: list[int] = []

    def noted(prediction: Array, target: Array, leaf: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        leaves.append(leaf)
        return np.arange(len(target))

    monkeypatch.setattr("qaadcodec.training.host.align.greedy", noted)
    monkeypatch.setattr("qaadcodec.training.host.align.cores", lambda: 1)
    clouds = np.random.default_rng(8).standard_normal((6, 20, 3)).astype(np.float32)
    config = AssignmentConfig(greedy_leaf=32)
    list(align(make_store(clouds), clouds[0], config, 0, seconds=0.0))
    assert leaves == [32, 16, 8, 8, 8, 8]
    leaves.clear()
    list(align(make_store(clouds), clouds[0], config, 0, seconds=1e6))
    assert leaves == [32] * 6
    leaves.clear()
    stop = StopRequest()
    for done in align(make_store(clouds), clouds[0], config, 0, stop=stop):
        if done == 4:
            stop.set()
    assert leaves == [32, 32, 32, 32, 8, 8]
