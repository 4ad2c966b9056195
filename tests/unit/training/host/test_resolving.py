"""Whose turn it is to be re-solved beside the steps, and what is waited for.

What it does to the error is in tests/contracts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from time import sleep
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from qaadcodec.config import AssignmentConfig, NetworkConfig
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.parallel import cores
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.host import resolving as module
from qaadcodec.training.host.resolving import Resolving
from qaadcodec.training.learner import Learner

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
NETWORK = NetworkConfig(latent_size=2, patches=2, shared_widths=(4,), head_widths=())


class Recorder:
    """Stands in for the two functions that do the work, and notes for which cloud they were called.

    The network's latents name the cloud: row i of the table is (i, i).
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clouds: list[int] = []
        monkeypatch.setattr(module.Snapshot, "of", self.of)
        monkeypatch.setattr(module, "resolve_leaves", self.resolve)

    def of(self, network: FoldingNetwork, input_cloud: torch.Tensor, latent: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(predict=lambda: np.full((1, 3), int(latent[0])))

    def resolve(self, prediction: Array, targets: Array, *_: object) -> npt.NDArray[np.int64]:
        self.clouds.append(int(prediction[0, 0]))
        return np.arange(len(targets))


class Show:
    """`shown` of a Resolving in some epoch, whose latents name the clouds."""

    def __init__(self, store: TargetStore, every: int) -> None:
        latents = torch.arange(len(store), dtype=torch.float32)[:, None].expand(-1, 2)
        self._learner = Learner(FoldingNetwork(NETWORK), torch.zeros(store.points.shape[1:]), latents)
        config = AssignmentConfig(resolve_every=every, leaf=16)
        self.resolving = Resolving(self._learner, store, config, 0)

    def __call__(self, batch: list[int], epoch: int, after: Sequence[Future[None]] = ()) -> None:
        self._learner.epochs = epoch
        self.resolving.shown(np.array(batch), after)


def test_every_cloud_has_its_turn_once_in_so_many_epochs(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    show = Show(make_store(np.zeros((12, 4, 3), np.float32)), 3)
    with show.resolving:
        for epoch in range(3):
            for start in range(0, 12, 4):
                show(list(range(start, start + 4)), epoch)
        show.resolving.settle(range(12))
        assert sorted(recorder.clouds) == list(range(12))
        for epoch in range(3, 9):
            show.resolving.settle(range(12))
            show(list(range(12)), epoch)
    assert sorted(recorder.clouds) == sorted(3 * list(range(12)))


def test_it_waits_for_what_still_changes_the_targets(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch)
    show = Show(make_store(np.zeros((1, 4, 3), np.float32)), 1)
    swap: Future[None] = Future()
    with show.resolving:
        show([0], 0, [swap])
        sleep(0.05)
        assert recorder.clouds == []
        swap.set_result(None)
        show.resolving.settle([0])
        assert recorder.clouds == [0]


def test_no_more_clouds_are_under_way_than_memory_is_stated_for(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder, most = Recorder(monkeypatch), module.AHEAD * cores()
    show = Show(make_store(np.zeros((most + 5, 4, 3), np.float32)), 1)
    with show.resolving:
        show(list(range(most + 5)), 0)
        assert len(show.resolving._under_way) == most
        assert set(range(5)) <= set(recorder.clouds)
    assert sorted(recorder.clouds) == list(range(most + 5))


def test_what_goes_wrong_beside_the_steps_is_raised_in_them(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    Recorder(monkeypatch)
    monkeypatch.setattr(module, "resolve_leaves", lambda *_: np.array([99]))
    show = Show(make_store(np.zeros((2, 4, 3), np.float32)), 1)
    show([1], 0)
    show.resolving.settle([0])  # not that one
    with pytest.raises(IndexError, match="99"):
        show.resolving.settle([1])
