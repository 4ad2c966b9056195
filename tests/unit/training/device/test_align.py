"""Greedy in groups on a device, run on the CPU: against Greedy cloud by cloud."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from qaadcodec.config import AssignmentConfig
from qaadcodec.progress import StopRequest
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.device import align as module
from qaadcodec.training.device.align import align_on_device
from qaadcodec.training.host.align import align
from qaadcodec.training.start import initial_input_cloud

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
CPU = torch.device("cpu")


pytestmark = pytest.mark.usefixtures("one_thread")


def groups_of(monkeypatch: pytest.MonkeyPatch, clouds: int) -> None:
    monkeypatch.setattr(module, "clouds_together", lambda points: clouds)


@pytest.mark.parametrize("points", [256, 301])
def test_aligned_clouds_are_permutations_as_near_the_input_cloud_as_those_of_align(
    make_store: MakeStore,
    make_planted: Callable[..., Array],
    assert_permuted: Callable[[Array, Array], None],
    monkeypatch: pytest.MonkeyPatch,
    points: int,
) -> None:
    """Within 1 % of the error of every cloud."""
    groups_of(monkeypatch, 2)
    config = AssignmentConfig(greedy_leaf=32)
    clouds = make_planted(5, points)
    store, other = make_store(clouds), make_store(clouds)
    q = initial_input_cloud(store, 4)
    assert list(align_on_device(store, q, config, 0, device=CPU)) == [2, 4, 5]
    list(align(other, q, config, 0))
    assert_permuted(store.points, clouds)
    errors, wanted = (np.square(s.points - q).sum(2).mean(1) for s in (store, other))
    assert (wanted < 0.2 * np.square(clouds - q).sum(2).mean(1)).all()
    np.testing.assert_allclose(errors, wanted, rtol=0.01, atol=1e-9)


def test_groups_make_no_difference(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds, found = make_planted(5, 100), []
    for size in (1, 3, 8):
        groups_of(monkeypatch, size)
        found.append(make_store(clouds))
        list(align_on_device(found[-1], clouds[0], AssignmentConfig(greedy_leaf=16), 0, device=CPU))
    np.testing.assert_array_equal(found[0].points, found[1].points)
    np.testing.assert_array_equal(found[0].points, found[2].points)


def test_the_random_assignment_is_that_of_align(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    clouds, config = make_planted(3, 60), AssignmentConfig(greedy=False)
    store, other = make_store(clouds), make_store(clouds)
    assert list(align_on_device(store, clouds[0], config, 5, device=CPU)) == [1, 2, 3]
    list(align(other, clouds[0], config, 5))
    np.testing.assert_array_equal(store.points, other.points)


def test_greedy_hurries_where_time_is_short_and_when_it_is_stopped(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leaves are halved from group to group down to 8 points while the pace is too slow, and 8 after a stop."""
    leaves: list[int] = []

    def noted(prediction: Tensor, target: Tensor, leaf: int) -> Tensor:
        assert prediction.shape == target.shape
        leaves.append(leaf)
        return torch.arange(target.shape[1]).expand(len(target), -1)

    monkeypatch.setattr(module, "greedy", noted)
    groups_of(monkeypatch, 2)
    clouds = np.random.default_rng(8).standard_normal((12, 20, 3)).astype(np.float32)
    config = AssignmentConfig(greedy_leaf=32)
    assert list(align_on_device(make_store(clouds), clouds[0], config, 0, device=CPU, seconds=0.0)) == [
        2,
        4,
        6,
        8,
        10,
        12,
    ]
    assert leaves == [32, 16, 8, 8, 8, 8]
    leaves.clear()
    list(align_on_device(make_store(clouds), clouds[0], config, 0, device=CPU, seconds=1e6))
    assert leaves == [32] * 6
    leaves.clear()
    stop = StopRequest()
    for done in align_on_device(make_store(clouds), clouds[0], config, 0, device=CPU, stop=stop):
        if done == 8:
            stop.set()
    assert leaves == [32, 32, 32, 32, 8, 8]
