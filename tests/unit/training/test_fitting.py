"""Fitting latents alone: a cloud that the network can make is found again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from fixtures.ranks import shared
from torch import Tensor

from qaadcodec.arrays import Longs, Singles
from qaadcodec.config import AssignmentConfig, NetworkConfig
from qaadcodec.metrics.em_kd import variance
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Event, PhaseStarted, Progress, Run, StopRequest
from qaadcodec.ranks.part import Part
from qaadcodec.ranks.ranks import Ranks
from qaadcodec.sets.store import TargetStore
from qaadcodec.training import fitting as fitting_module
from qaadcodec.training import fitting_group
from qaadcodec.training.fitting import CANDIDATES, Fitting, Learnt, candidates, fit
from qaadcodec.training.fitting_group import Descent, Group, nearest_start
from qaadcodec.training.predict import predict
from qaadcodec.work.checkpoints import Checkpoints
from qaadcodec.work.folder import WorkFolder

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
ASSIGNMENT = AssignmentConfig(greedy_leaf=32, leaf=32)
POINTS = 160


@dataclass(frozen=True)
class Frozen:
    """A network whose clouds differ smoothly with the latent, its input cloud, and six known latents."""

    network: FoldingNetwork
    q: Tensor
    known: Tensor

    @property
    def learnt(self) -> Learnt:
        return Learnt(self.network.config, self.network.arrays(), self.q.numpy(), self.known.numpy())

    def cloud(self, latent: Tensor) -> Array:
        return predict(self.network, self.q, latent)

    def shuffled(self, latents: Tensor) -> Array:
        """The clouds of latents, the rows of each in an order of its own."""
        rng = np.random.default_rng(12)
        return np.stack([self.cloud(latent)[rng.permutation(len(self.q))] for latent in latents])


@pytest.fixture
def frozen() -> Frozen:
    generator = torch.Generator().manual_seed(11)
    network = FoldingNetwork(
        NetworkConfig(latent_size=3, patches=4, shared_widths=(16, 16), head_widths=(8,), fourier_octaves=0), generator
    )
    with torch.no_grad():
        last = network["head.1.weight"]
        last.copy_(0.25 * torch.randn(last.shape, generator=generator))
    network.requires_grad_(False)
    q = torch.rand(POINTS, 3, generator=generator) * 2 - 1
    return Frozen(network, q, torch.randn(6, 3, generator=generator))


def test_a_latent_is_found_again(frozen: Frozen, make_store: MakeStore) -> None:
    truth = frozen.known[[1, 4]] + 0.3 * torch.randn(2, 3, generator=torch.Generator().manual_seed(13))
    store, learnt = make_store(frozen.shuffled(truth)), frozen.learnt
    before = [array.copy() for array in (*learnt.weights.values(), learnt.input_cloud, learnt.latents)]
    fitting = Fitting(rounds=8, steps=25, points_per_step=POINTS, assignment=ASSIGNMENT)
    latents, errors = fit(learnt, store, Run(), fitting)
    assert latents.shape == (2, 3)
    for i in range(2):
        wanted = frozen.cloud(truth[i])
        fitted = np.square(frozen.cloud(torch.from_numpy(latents[i])) - wanted).sum(1).mean() / variance(wanted)
        start = np.square(frozen.cloud(frozen.known[[1, 4][i]]) - wanted).sum(1).mean() / variance(wanted)
        assert start > 0.02
        assert fitted < 5e-4
        assert fitted < errors[i] < 0.01  # the matches that were found are not quite the true ones
        np.testing.assert_allclose(latents[i], truth[i], atol=0.05)
    for old, now in zip(before, (*learnt.weights.values(), learnt.input_cloud, learnt.latents), strict=True):
        np.testing.assert_array_equal(old, now)


def test_clouds_come_in_groups_and_are_only_read(frozen: Frozen, make_store: MakeStore, heard: Any) -> None:
    clouds = frozen.shuffled(frozen.known[torch.arange(10) % 6])
    store = make_store(clouds)
    fitting = Fitting(rounds=2, steps=2, points_per_step=64, assignment=ASSIGNMENT)
    assert fit(frozen.learnt, store, Run(listener=heard), fitting).latents.shape == (10, 3)
    assert heard.events[0] == PhaseStarted("fitting", 10, "clouds")
    told = [event for event in heard.events if isinstance(event, Progress)]
    assert [(event.done, event.fraction) for event in told] == [(8, 0.8), (10, 1.0)]
    np.testing.assert_array_equal(store.points, clouds)


def test_the_same_seed_gives_the_same_latents(frozen: Frozen, make_store: MakeStore) -> None:
    clouds = frozen.shuffled(frozen.known[:3] * 1.2)
    fitting = Fitting(rounds=2, steps=3, points_per_step=40, assignment=ASSIGNMENT)
    found = [fit(frozen.learnt, make_store(clouds), Run(seed=seed), fitting).latents for seed in (0, 0, 1)]
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_a_known_cloud_starts_from_its_own_latent(frozen: Frozen) -> None:
    clouds = frozen.shuffled(frozen.known)
    for i in range(len(frozen.known)):
        rng = np.random.default_rng(i)
        starts = candidates(frozen.known, rng)
        assert torch.equal(nearest_start(frozen.network, frozen.q, starts, clouds[i], rng), frozen.known[i])


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


def test_a_stop_leaves_out_what_was_not_begun(frozen: Frozen, make_store: MakeStore) -> None:
    store, stop = make_store(frozen.shuffled(frozen.known[torch.arange(9) % 6])), StopRequest()

    def listen(event: Event) -> None:
        if isinstance(event, Progress):
            stop.set()

    run = Run(listener=listen, stop=stop)
    fitting = Fitting(rounds=1, steps=1, points_per_step=8, assignment=ASSIGNMENT)
    assert fit(frozen.learnt, store, run, fitting).latents.shape == (8, 3)
    assert fit(frozen.learnt, store, run, fitting).latents.shape == (0, 3)


def test_of_all_rounds_the_best_latent_is_kept(
    frozen: Frozen, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last round goes astray, at a thousand times the rate."""
    monkeypatch.setattr(fitting_group, "learning_rate_factor", lambda done: 1.0 if done < 0.75 else 1000.0)
    truth = frozen.known[[1, 4]] + 0.3 * torch.randn(2, 3, generator=torch.Generator().manual_seed(13))
    fitting = Fitting(rounds=4, steps=40, points_per_step=POINTS, assignment=ASSIGNMENT)
    found = fit(frozen.learnt, make_store(frozen.shuffled(truth)), Run(), fitting)
    np.testing.assert_allclose(found.latents, truth, atol=0.3)


def test_a_deadline_is_kept_by_fewer_steps_for_every_cloud(
    frozen: Frozen, make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that goes on by a second a step: 20 seconds for two groups, of which each has its share."""
    clock = [1000.0]
    monkeypatch.setattr("qaadcodec.progress.run.now", lambda: clock[0])
    step, clouds_of_steps, factors = Descent.step, list[int](), list[float]()

    def slow(descent: Descent, rows: Longs, targets: Singles, rate: float) -> None:
        clock[0] += 1.0
        clouds_of_steps.append(len(targets))
        step(descent, rows, targets, rate)

    def noted(fraction: float) -> float:
        factors.append(fraction)
        return 1.0 - fraction

    monkeypatch.setattr(Descent, "step", slow)
    monkeypatch.setattr(fitting_group, "learning_rate_factor", noted)
    clouds = frozen.shuffled(frozen.known[torch.arange(12) % 6])
    fitting = Fitting(rounds=4, steps=10, points_per_step=64, assignment=ASSIGNMENT)
    run = Run(started=1000.0).within(20.0)
    found = fit(frozen.learnt, make_store(clouds), run, fitting)
    assert found.latents.shape == (12, 3)
    assert clouds_of_steps == [8] * 14 + [4] * 6  # two thirds and one third of the time
    assert factors[:14] == sorted(factors[:14])
    assert factors[13] > 0.95


def test_after_the_deadline_every_cloud_gets_the_mean(frozen: Frozen, make_store: MakeStore) -> None:
    clouds = frozen.shuffled(frozen.known[torch.arange(9) % 6])
    late = Run(started=0.0, deadline=0.001)
    found = fit(frozen.learnt, make_store(clouds), late, Fitting(points_per_step=64, assignment=ASSIGNMENT))
    np.testing.assert_allclose(found.latents, np.tile(frozen.known.mean(0), (9, 1)), atol=1e-6)


def test_ranks_fit_their_own_clouds_and_go_on_in_other_numbers(
    frozen: Frozen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of seven clouds, three in a row are known already: so one rank of two has one new cloud, the other three."""
    monkeypatch.setattr(fitting_module, "TOGETHER", 1)
    clouds, new = frozen.shuffled(frozen.known[torch.arange(7) % 6] * 1.1), [3, 4, 5, 6]
    quick = Fitting(rounds=1, steps=2, points_per_step=16, assignment=ASSIGNMENT)

    def fitted(ranks: Ranks, checkpoints: Checkpoints) -> tuple[list[int], Array]:
        part = Part(7, ranks)
        own = [cloud - part.first for cloud in new if part.first <= cloud < part.end]
        with TargetStore(part, POINTS) as store:
            store.points[:] = part.rows(clouds)
            found = fit(frozen.learnt, store, Run(ranks=ranks, checkpoints=checkpoints), quick, own)
        return [part.first + cloud for cloud in own], found.latents

    def one_group(ranks: Ranks) -> tuple[list[int], Array]:
        """Both checkpoints that are written before the second group: at the start, and after the first one."""
        checkpoints = Checkpoints(WorkFolder(tmp_path / "w"), every=1e-9, ranks=ranks)
        monkeypatch.setattr(checkpoints, "change", lambda *_: None)
        offer = checkpoints.offer

        def once(*arguments: Any) -> None:
            if not checkpoints.written:
                offer(*arguments)

        monkeypatch.setattr(checkpoints, "offer", once)
        found = fitted(ranks, checkpoints)
        if ranks.rank == 0:
            checkpoints._folder.close()  # type: ignore[union-attr]
        return found

    def gone_on(ranks: Ranks) -> tuple[list[int], Array]:
        folder = WorkFolder(tmp_path / "w")
        try:
            return fitted(ranks, Checkpoints(folder, every=1e9, found=folder.manifest(), ranks=ranks))
        finally:
            folder.close()

    ((_, wanted),) = shared(1, lambda ranks: fitted(ranks, Checkpoints()))
    both = shared(2, one_group)
    assert [own for own, _ in both] == [[3], [4, 5, 6]]
    np.testing.assert_array_equal(np.concatenate([latents for _, latents in both]), wanted)
    manifest = WorkFolder(tmp_path / "w").manifest()
    assert manifest is not None
    assert [part.clouds for part in manifest.files if part.clouds] == [(0, 4), (4, 7)]
    groups: list[list[int]] = []
    whole = Group.fitted
    monkeypatch.setattr(Group, "fitted", lambda group, run: groups.append(list(group.numbers)) or whole(group, run))
    for size in (1, 3):
        groups.clear()
        found = shared(size, gone_on)
        np.testing.assert_array_equal(np.concatenate([latents for _, latents in found]), wanted)
        assert sorted(groups) == [[5], [6]]  # 3 and 4 were fitted before
