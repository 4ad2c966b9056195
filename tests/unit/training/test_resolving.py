"""Whose turn it is to be re-solved, and that nothing is lost by it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest
import torch

from qaadcodec.config import AssignmentConfig, NetworkConfig
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.training import resolving as module
from qaadcodec.training.resolving import Resolving
from qaadcodec.training.step import Threads
from qaadcodec.training.targets import TargetStore

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
NETWORK = NetworkConfig(latent_size=2, patches=2, shared_widths=(4,), head_widths=())


class Recorder:
    """Stands in for the two functions that do the work, and notes for which cloud they were called.

    The network's latents name the cloud: row i of the table is (i, i).
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rounds: list[list[int]] = []
        self.clouds: list[int] = []
        monkeypatch.setattr(module, "predict", self.predict)
        monkeypatch.setattr(module, "resolve_leaves", lambda prediction, targets, *_: np.arange(len(targets)))

    def predict(self, network: FoldingNetwork, q: torch.Tensor, latent: torch.Tensor) -> Array:
        self.clouds.append(int(latent[0]))
        return q.numpy()


def resolving_of(store: TargetStore, every: int, run: Threads, leaf: int = 16) -> Callable[[list[int], int], None]:
    """`shown` of a Resolving whose predictions are zero displacements of one input cloud."""
    q = torch.from_numpy(np.random.default_rng(9).uniform(-1, 1, store.points.shape[1:]).astype(np.float32))
    latents = torch.arange(len(store), dtype=torch.float32)[:, None].expand(-1, 2)
    config = AssignmentConfig(resolve_every=every, leaf=leaf)
    resolving = Resolving(FoldingNetwork(NETWORK), store, config, 0, run)
    return lambda batch, epoch: resolving.shown(np.array(batch), epoch, q, latents)


def test_every_cloud_has_its_turn_once_in_so_many_epochs(
    make_store: MakeStore, run: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    show = resolving_of(make_store(np.zeros((12, 4, 3), np.float32)), 3, run)
    for epoch in range(3):
        for start in range(0, 12, 4):
            show(list(range(start, start + 4)), epoch)
    assert sorted(recorder.clouds) == list(range(12))
    for epoch in range(3, 9):
        show(list(range(12)), epoch)
    assert sorted(recorder.clouds) == sorted(3 * list(range(12)))


def test_clouds_wait_until_they_fill_the_threads(
    make_store: MakeStore, run: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    show = resolving_of(make_store(np.zeros((5, 4, 3), np.float32)), 1, run)
    show([0, 1, 2], 0)
    assert recorder.clouds == []
    show([3, 4], 0)
    assert sorted(recorder.clouds) == [0, 1, 2, 3, 4]


def test_it_lowers_the_matched_error_and_keeps_every_row(
    make_store: MakeStore, run: Threads, assert_permuted: Callable[[Array, Array], None]
) -> None:
    clouds = np.random.default_rng(10).uniform(-1, 1, (4, 300, 3)).astype(np.float32)
    store = make_store(clouds)
    show = resolving_of(store, 1, run, leaf=32)
    q = np.random.default_rng(9).uniform(-1, 1, (300, 3)).astype(np.float32)
    before = [np.square(store.points - q).sum(2).mean(1)]
    for epoch in range(4):
        show([0, 1, 2, 3], epoch)
        before.append(np.square(store.points - q).sum(2).mean(1))
        assert (before[-1] <= before[-2]).all()
    assert (before[-1] < 0.5 * before[0]).all()
    assert_permuted(store.points, clouds)


def test_no_cloud_is_taken_twice_at_the_same_time(
    make_store: MakeStore, run: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads that permute the rows of one cloud lose some of them, and the later one raises the error."""

    class Noting(ThreadPoolExecutor):
        rounds: list[list[int]] = []  # noqa: RUF012

        def map(self, fn, items, **options):  # type: ignore[no-untyped-def, override]
            recorder.clouds.clear()
            done = list(super().map(fn, items, **options))
            self.rounds.append(list(recorder.clouds))
            return iter(done)

    recorder = Recorder(monkeypatch)
    with Noting(2) as pool:
        show = resolving_of(make_store(np.zeros((2, 4, 3), np.float32)), 1, Threads(pool, 2, torch.float32))
        for epoch in range(6):
            show([0, 1], epoch)
        assert sum(map(len, pool.rounds)) >= 8
        for clouds in pool.rounds:
            assert len(set(clouds)) == len(clouds), clouds
