"""Re-solving on the device: whose turn it is, in which groups, and with which rotations.

What it does to the error is in tests/contracts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from qaadcodec.assignment.reassignment import random_rotation
from qaadcodec.config import AssignmentConfig, NetworkConfig
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.device import resolving as module
from qaadcodec.training.device.resolving import Resolving
from qaadcodec.training.device.targets import ResidentTargets
from qaadcodec.training.learner import Learner

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
NETWORK = NetworkConfig(latent_size=2, patches=2, shared_widths=(4,), head_widths=())


pytestmark = pytest.mark.usefixtures("one_thread")


class Recorder:
    """Stands in for the solver: notes the clouds of every group, which coordinates of targets name, and rotations."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.groups: list[list[int]] = []
        self.rotations: list[Tensor] = []
        monkeypatch.setattr(module, "resolve_leaves", self.resolve)

    @property
    def clouds(self) -> list[int]:
        return [cloud for group in self.groups for cloud in group]

    def resolve(self, prediction: Tensor, target: Tensor, leaf: int, rotation: Tensor) -> Tensor:
        assert prediction.shape == target.shape
        self.groups.append(target[:, 0, 0].int().tolist())
        self.rotations.append(rotation)
        return torch.arange(target.shape[1]).expand(len(target), -1)


class Show:
    """`shown` of a Resolving in some epoch, whose predictions are the input cloud."""

    def __init__(self, store: TargetStore, every: int, together: int | None = None) -> None:
        q = torch.zeros(store.points.shape[1:])
        self._learner = Learner(FoldingNetwork(NETWORK), q, torch.zeros(len(store), 2))
        config = AssignmentConfig(resolve_every=every, leaf=16)
        targets = ResidentTargets(store, torch.device("cpu"))
        self.resolving = Resolving(self._learner, targets, config, seed=7)
        if together is not None:
            self.resolving._together = together

    def __call__(self, batch: list[int], epoch: int) -> None:
        self._learner.epochs = epoch
        self.resolving.shown(np.array(batch))


def named(clouds: int) -> Array:
    return np.broadcast_to(np.arange(clouds, dtype=np.float32)[:, None, None], (clouds, 4, 3)).copy()


@pytest.mark.parametrize("together", [1, 2, 5, None])
def test_every_cloud_has_its_turn_once_in_so_many_epochs(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch, together: int | None
) -> None:
    recorder = Recorder(monkeypatch)
    show = Show(make_store(named(12)), 3, together=together)
    for epoch in range(9):
        for start in range(0, 12, 4):
            show(list(range(start, start + 4)), epoch)
    if show.resolving._waiting:
        show.resolving.flush()
    assert sorted(recorder.clouds) == sorted(3 * list(range(12)))
    assert all(len(group) == len(set(group)) == (together or 12) for group in recorder.groups[:-1])


def test_a_small_set_does_not_wait_for_a_full_device(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch)
    show = Show(make_store(named(3)), 2)
    show([0, 1, 2], 0)  # the turn of cloud 1
    assert recorder.groups == []
    show([0, 1, 2], 1)  # that of 0 and 2
    assert recorder.groups == [[1, 0, 2]]


def test_a_cloud_that_waits_is_resolved_before_its_next_turn(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    show = Show(make_store(named(8)), 1, together=5)
    show([3, 6], 0)
    show([6, 7], 1)
    assert recorder.groups == [[3, 6]]
    show([0, 1, 2], 1)
    assert recorder.groups == [[3, 6], [6, 7, 0, 1, 2]]


def test_rotations_are_those_of_the_host(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """By seed, cloud and epoch of the turn: what is drawn does not depend on the groups."""
    recorder = Recorder(monkeypatch)
    show = Show(make_store(named(4)), 2, together=2)
    for epoch in (0, 1):
        show([0, 1, 2, 3], epoch)
    assert recorder.groups == [[1, 3], [0, 2]]
    for group, epoch, rotations in zip(recorder.groups, (0, 1), recorder.rotations, strict=True):
        for cloud, rotation in zip(group, rotations, strict=True):
            expected = random_rotation(np.random.default_rng([7, 4, cloud, epoch]))
            np.testing.assert_array_equal(rotation.numpy(), expected)
