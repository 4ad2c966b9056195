"""Fitting latents alone: a cloud that the network can make is found again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from qaadcodec.config import AssignmentConfig, NetworkConfig
from qaadcodec.metrics.em_kd import variance
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import StopRequest
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.fitting import CANDIDATES, candidates, fit_latents, nearest_start
from qaadcodec.training.predict import predict

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
CONFIG = AssignmentConfig(greedy_leaf=32, leaf=32)
POINTS = 160


@pytest.fixture
def frozen() -> tuple[FoldingNetwork, Tensor, Tensor]:
    """A network whose clouds differ smoothly with the latent, its input cloud, and six known latents."""
    generator = torch.Generator().manual_seed(11)
    network = FoldingNetwork(
        NetworkConfig(latent_size=3, patches=4, shared_widths=(16, 16), head_widths=(8,), fourier_octaves=0), generator
    )
    with torch.no_grad():
        last = network["head.1.weight"]
        last.copy_(0.25 * torch.randn(last.shape, generator=generator))
    network.requires_grad_(False)
    q = torch.rand(POINTS, 3, generator=generator) * 2 - 1
    return network, q, torch.randn(6, 3, generator=generator)


def shuffled(network: FoldingNetwork, q: Tensor, latents: Tensor) -> Array:
    """The clouds of latents, the rows of each in an order of its own."""
    rng = np.random.default_rng(12)
    return np.stack([predict(network, q, latent)[rng.permutation(len(q))] for latent in latents])


def test_a_latent_is_found_again(frozen: tuple[FoldingNetwork, Tensor, Tensor], make_store: MakeStore) -> None:
    network, q, known = frozen
    truth = known[[1, 4]] + 0.3 * torch.randn(2, 3, generator=torch.Generator().manual_seed(13))
    store = make_store(shuffled(network, q, truth))
    before = [t.clone() for t in (*network.parameters(), q, known)]
    ((done, latents),) = fit_latents(network, q, known, store, CONFIG, rounds=8, steps=25, points_per_step=POINTS)
    assert done == 2
    assert latents.shape == (2, 3)
    for i in range(2):
        wanted = predict(network, q, truth[i])
        fitted = np.square(predict(network, q, torch.from_numpy(latents[i])) - wanted).sum(1).mean() / variance(wanted)
        start = np.square(predict(network, q, known[[1, 4][i]]) - wanted).sum(1).mean() / variance(wanted)
        assert start > 0.02
        assert fitted < 5e-4
        np.testing.assert_allclose(latents[i], truth[i], atol=0.05)
    for old, now in zip(before, (*network.parameters(), q, known), strict=True):
        assert torch.equal(old, now)


def test_clouds_come_in_groups_and_stay_permutations(
    frozen: tuple[FoldingNetwork, Tensor, Tensor],
    make_store: MakeStore,
    assert_permuted: Callable[[Array, Array], None],
) -> None:
    network, q, known = frozen
    clouds = shuffled(network, q, known[torch.arange(10) % 6])
    store = make_store(clouds)
    groups = list(fit_latents(network, q, known, store, CONFIG, rounds=2, steps=2, points_per_step=64))
    assert [(done, latents.shape) for done, latents in groups] == [(8, (8, 3)), (10, (2, 3))]
    assert_permuted(store.points, clouds)


def test_the_same_seed_gives_the_same_latents(
    frozen: tuple[FoldingNetwork, Tensor, Tensor], make_store: MakeStore
) -> None:
    network, q, known = frozen
    clouds = shuffled(network, q, known[:3] * 1.2)
    found = [
        np.concatenate(
            [
                latents
                for _, latents in fit_latents(
                    network, q, known, make_store(clouds), CONFIG, rounds=2, steps=3, points_per_step=40, seed=seed
                )
            ]
        )
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_a_known_cloud_starts_from_its_own_latent(frozen: tuple[FoldingNetwork, Tensor, Tensor]) -> None:
    network, q, known = frozen
    clouds = shuffled(network, q, known)
    for i in range(len(known)):
        rng = np.random.default_rng(i)
        starts = candidates(known, rng)
        assert torch.equal(nearest_start(network, q, starts, clouds[i], rng), known[i])


def test_candidates_are_the_mean_and_a_choice_of_the_known() -> None:
    few = torch.arange(6.0).reshape(3, 2)
    torch.testing.assert_close(
        candidates(few, np.random.default_rng(0)), torch.cat([torch.tensor([[2.0, 3.0]]), few]), rtol=0, atol=0
    )
    many = torch.arange(1000.0)[:, None]
    chosen = candidates(many, np.random.default_rng(0))
    assert chosen.shape == (CANDIDATES + 1, 1)
    assert float(chosen[0]) == 499.5
    assert len(set(chosen[1:, 0].tolist())) == CANDIDATES
    assert set(chosen[1:, 0].tolist()) <= set(range(1000))


def test_a_stop_leaves_out_what_was_not_begun(
    frozen: tuple[FoldingNetwork, Tensor, Tensor], make_store: MakeStore
) -> None:
    network, q, known = frozen
    store, stop = make_store(shuffled(network, q, known[torch.arange(9) % 6])), StopRequest()
    groups = []
    for group in fit_latents(network, q, known, store, CONFIG, rounds=1, steps=1, points_per_step=8, stop=stop):
        groups.append(group[0])
        stop.set()
    assert groups == [8]
    assert list(fit_latents(network, q, known, store, CONFIG, stop=stop)) == []
