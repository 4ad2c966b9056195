"""Re-solving on the device: whose turn it is, in which groups, with which rotations, and what it does to the error."""

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
from qaadcodec.training.device.resolving import DeviceResolving
from qaadcodec.training.device.targets import ResidentTargets

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


def resolving_of(
    store: TargetStore, every: int, leaf: int = 16, together: int | None = None
) -> tuple[DeviceResolving, ResidentTargets]:
    """Resolving with predictions that are the input cloud: displacements are zero at the start."""
    q = torch.from_numpy(np.random.default_rng(9).uniform(-1, 1, store.points.shape[1:]).astype(np.float32))
    targets = ResidentTargets(store, torch.device("cpu"))
    config = AssignmentConfig(resolve_every=every, leaf=leaf)
    latents = torch.zeros(len(store), 2)
    resolving = DeviceResolving(FoldingNetwork(NETWORK), q, latents, targets, config, seed=7)
    if together is not None:
        resolving._together = together
    return resolving, targets


def named(clouds: int) -> Array:
    return np.broadcast_to(np.arange(clouds, dtype=np.float32)[:, None, None], (clouds, 4, 3)).copy()


@pytest.mark.parametrize("together", [1, 2, 5, None])
def test_every_cloud_has_its_turn_once_in_so_many_epochs(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch, together: int | None
) -> None:
    recorder = Recorder(monkeypatch)
    resolving, _ = resolving_of(make_store(named(12)), 3, together=together)
    for epoch in range(9):
        for start in range(0, 12, 4):
            resolving.shown(np.arange(start, start + 4), epoch)
    resolving.flush() if resolving._waiting else None
    assert sorted(recorder.clouds) == sorted(3 * list(range(12)))
    assert all(len(group) == len(set(group)) == (together or 12) for group in recorder.groups[:-1])


def test_a_small_set_does_not_wait_for_a_full_device(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch)
    resolving, _ = resolving_of(make_store(named(3)), 2)
    resolving.shown(np.arange(3), 0)  # the turn of cloud 1
    assert recorder.groups == []
    resolving.shown(np.arange(3), 1)  # that of 0 and 2
    assert recorder.groups == [[1, 0, 2]]


def test_a_cloud_that_waits_is_resolved_before_its_next_turn(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    resolving, _ = resolving_of(make_store(named(8)), 1, together=5)
    resolving.shown(np.array([3, 6]), 0)
    resolving.shown(np.array([6, 7]), 1)
    assert recorder.groups == [[3, 6]]
    resolving.shown(np.array([0, 1, 2]), 1)
    assert recorder.groups == [[3, 6], [6, 7, 0, 1, 2]]


def test_rotations_are_those_of_the_threads_of_the_loop(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """By seed, cloud and epoch of the turn: what is drawn does not depend on the groups."""
    recorder = Recorder(monkeypatch)
    resolving, _ = resolving_of(make_store(named(4)), 2, together=2)
    for epoch in (0, 1):
        resolving.shown(np.arange(4), epoch)
    assert recorder.groups == [[1, 3], [0, 2]]
    for group, epoch, rotations in zip(recorder.groups, (0, 1), recorder.rotations, strict=True):
        for cloud, rotation in zip(group, rotations, strict=True):
            expected = random_rotation(np.random.default_rng([7, 4, cloud, epoch]))
            np.testing.assert_array_equal(rotation.numpy(), expected)


def test_it_lowers_the_matched_error_and_keeps_every_row(
    make_store: MakeStore, assert_permuted: Callable[[Array, Array], None]
) -> None:
    clouds = np.random.default_rng(10).uniform(-1, 1, (4, 300, 3)).astype(np.float32)
    resolving, targets = resolving_of(make_store(clouds), 1, leaf=32)
    q = np.random.default_rng(9).uniform(-1, 1, (300, 3)).astype(np.float32)

    def errors() -> Array:
        return np.square(targets.clouds(range(4)).numpy() - q).sum(2).mean(1)

    found = [errors()]
    for epoch in range(4):
        resolving.shown(np.arange(4), epoch)
        found.append(errors())
        assert (found[-1] <= found[-2]).all()
    assert (found[-1] < 0.5 * found[0]).all()
    assert_permuted(targets.clouds(range(4)).numpy(), clouds)
