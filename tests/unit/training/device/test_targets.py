"""Targets for a training on a device: the same to see and to change, whether they are there or in the store."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch

from qaadcodec.assignment.device.leaves import rows_of
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.device import targets as module
from qaadcodec.training.device.targets import (
    ResidentTargets,
    StreamedTargets,
    Targets,
    clouds_together,
    slices,
    targets_on,
)

Array = npt.NDArray[np.float32]
MakeStore = Callable[[Array], TargetStore]
CPU = torch.device("cpu")
BOTH = pytest.mark.parametrize("kind", [ResidentTargets, StreamedTargets])


def numbered(clouds: int, points: int) -> Array:
    """Every point says where it came from: (cloud, row, 0)."""
    made = np.zeros((clouds, points, 3), np.float32)
    made[..., 0], made[..., 1] = np.arange(clouds)[:, None], np.arange(points)
    return made


def shift(targets: Targets, batch: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], by: int) -> torch.Tensor:
    """A step: row rows[i] of each cloud takes what rows[i + by] held; what was shown."""
    at = torch.from_numpy(batch), torch.from_numpy(rows)
    targets.bring(batch, rows)
    shown = targets.shown(*at).clone()
    order = torch.arange(len(rows)).roll(-by).expand(len(batch), -1)
    targets.put(*at, rows_of(targets.shown(*at), order))
    targets.take_back(batch, rows)
    return shown


@BOTH
def test_a_step_shows_some_rows_and_puts_them_back_in_another_order(
    make_store: MakeStore, kind: type[ResidentTargets] | type[StreamedTargets]
) -> None:
    store = make_store(numbered(5, 9))
    targets = kind(store, CPU)
    batch, rows = np.array([1, 4]), np.array([0, 3, 7])
    assert shift(targets, batch, rows, 1)[..., :2].tolist() == [[[c, 0], [c, 3], [c, 7]] for c in (1, 4)]
    assert shift(targets, batch, rows, 1)[..., 1].tolist() == [[3, 7, 0]] * 2
    targets.finish()
    expected = numbered(5, 9)
    expected[np.ix_(batch, rows)] = expected[np.ix_(batch, rows[[2, 0, 1]])]
    np.testing.assert_array_equal(store.points, expected)


@BOTH
def test_whole_clouds_come_as_the_last_step_left_them(
    make_store: MakeStore, kind: type[ResidentTargets] | type[StreamedTargets]
) -> None:
    store = make_store(numbered(4, 6))
    targets = kind(store, CPU)
    shift(targets, np.array([0, 2]), np.array([1, 5]), 1)
    clouds = targets.clouds([2, 3])
    assert clouds[..., 1].tolist() == [[0, 5, 2, 3, 4, 1], [0, 1, 2, 3, 4, 5]]
    targets.replace([2, 3], clouds.flip(1))
    assert targets.clouds([3, 2])[..., :2].tolist() == [
        [[3, row] for row in (5, 4, 3, 2, 1, 0)],
        [[2, row] for row in (1, 4, 3, 2, 5, 0)],
    ]
    assert shift(targets, np.array([2]), np.array([0, 4]), 1)[..., 1].tolist() == [[1, 5]]
    targets.finish()
    assert store.points[2, :, 1].tolist() == [5, 4, 3, 2, 1, 0]
    assert store.points[0, :, 1].tolist() == [0, 5, 2, 3, 4, 1]


@BOTH
def test_a_long_run_of_steps_is_that_of_the_store_itself(
    make_store: MakeStore, kind: type[ResidentTargets] | type[StreamedTargets], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOGETHER", 40)  # the store is read and written two clouds at a time
    rng = np.random.default_rng(1)
    store, other = make_store(numbered(9, 20)), make_store(numbered(9, 20))
    targets = kind(store, CPU)
    for _ in range(60):
        batch, rows = rng.permutation(9)[: rng.integers(1, 4)], rng.permutation(20)[:5]
        shift(targets, batch, rows, 2)
        for cloud in batch:
            other.reorder(cloud, rows, np.roll(np.arange(5), -2))
    targets.finish()
    np.testing.assert_array_equal(store.points, other.points)


def test_streamed_targets_reach_the_store_in_time(make_store: MakeStore) -> None:
    """What is on its way is bounded, and is written as soon as its cloud is asked for."""
    store = make_store(numbered(30, 4))
    targets, rows = StreamedTargets(store, CPU), np.array([0, 1])
    for cloud in range(20):
        shift(targets, np.array([cloud]), rows, 1)
    written = (store.points[:, 0, 1] == 1).sum()
    assert written == 20 - module.AHEAD - 1
    targets.clouds([written])
    assert (store.points[:, 0, 1] == 1).sum() == written + 1
    targets.finish()
    assert (store.points[:, 0, 1] == 1).sum() == 20


def test_targets_are_resident_where_they_fit_in_a_share_of_the_free_memory(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_store(numbered(5, 10))  # 600 bytes
    for free, kind in ((1000, ResidentTargets), (999, StreamedTargets)):
        monkeypatch.setattr(module, "free_bytes", lambda device, free=free: free)
        assert type(targets_on(store, CPU)) is kind


def test_clouds_are_worked_on_in_groups_of_many_points() -> None:
    assert [clouds_together(points) for points in (2, 16384, 100000, 1 << 18, 1 << 20)] == [1 << 17, 16, 2, 1, 1]


def test_slices_cover_every_cloud_once(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER", 50)
    for clouds in (1, 5, 6):
        covered = [i for here in slices(make_store(numbered(clouds, 20))) for i in range(clouds)[here]]
        assert covered == list(range(clouds))


def test_rows_are_permuted_cloud_by_cloud() -> None:
    points = torch.from_numpy(numbered(2, 3))
    found = rows_of(points, torch.tensor([[2, 0, 1], [0, 2, 1]]))
    assert found[..., :2].tolist() == [[[0, 2], [0, 0], [0, 1]], [[1, 0], [1, 2], [1, 1]]]
