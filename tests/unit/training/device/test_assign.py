"""What is special to Greedy in groups on a device, run on the CPU; tests/contracts has the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from qaadcodec.config import AssignmentConfig
from qaadcodec.progress import Progress, Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.device import assign as module
from qaadcodec.training.device.assign import assign as assign_on_device
from qaadcodec.training.host.assign import assign as assign_on_host

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]


pytestmark = pytest.mark.usefixtures("one_thread")


def assigned(store: TargetStore, q: Array, config: AssignmentConfig, run: Run) -> TargetStore:
    """The store, assigned to Q by the device's Greedy on the CPU."""
    with run.phase("assigning", len(store), "clouds") as phase:
        assign_on_device(store, lambda _: q, config, run, phase, device=torch.device("cpu"))
    return store


def test_groups_make_no_difference_and_each_is_told(
    make_store: MakeStore, make_planted: Callable[..., Array], monkeypatch: pytest.MonkeyPatch, heard: Any
) -> None:
    clouds, config, found = make_planted(5, 100), AssignmentConfig(greedy_leaf=16), []
    for size in (1, 2, 3, 8):
        monkeypatch.setattr(module, "clouds_together", lambda points, size=size: size)
        heard.events.clear()
        found.append(assigned(make_store(clouds), clouds[0], config, Run(listener=heard)))
        assert [event.done for event in heard.events if isinstance(event, Progress)] == [1, 2, 3, 4, 5]
    for other in found[1:]:
        np.testing.assert_array_equal(found[0].points, other.points)


def test_a_group_is_solved_in_one_call(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Predictions and targets of the whole group, (G, M, 3) each."""
    calls: list[tuple[Tensor, Tensor]] = []

    def noted(prediction: Tensor, target: Tensor, leaf: int) -> Tensor:
        calls.append((prediction, target.clone()))
        return torch.arange(target.shape[1]).expand(len(target), -1)

    monkeypatch.setattr(module, "greedy", noted)
    monkeypatch.setattr(module, "clouds_together", lambda points: 2)
    clouds = np.random.default_rng(8).standard_normal((5, 20, 3)).astype(np.float32)
    assigned(make_store(clouds), clouds[3], AssignmentConfig(), Run())
    assert [len(target) for _, target in calls] == [2, 2, 1]
    np.testing.assert_array_equal(torch.cat([target for _, target in calls]).numpy(), clouds)
    assert all(torch.equal(prediction, torch.from_numpy(clouds[[3] * len(prediction)])) for prediction, _ in calls)


def test_the_random_assignment_is_that_of_the_host(make_store: MakeStore, make_planted: Callable[..., Array]) -> None:
    clouds, config, run = make_planted(3, 60), AssignmentConfig(greedy=False), Run(seed=5)
    store, other = assigned(make_store(clouds), clouds[0], config, run), make_store(clouds)
    with run.phase("assigning", 3, "clouds") as phase:
        assign_on_host(other, lambda _: clouds[0], config, run, phase)
    np.testing.assert_array_equal(store.points, other.points)
