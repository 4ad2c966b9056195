"""A whole training that several ranks share, and that other numbers of ranks go on with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from fixtures.ranks import shared
from fixtures.training import SMALL

from qaadcodec.archive import Encoded
from qaadcodec.clouds import Normalisation
from qaadcodec.config import Plan
from qaadcodec.progress import Run
from qaadcodec.ranks.part import Part
from qaadcodec.ranks.ranks import ALONE, Ranks
from qaadcodec.sets.gather import Gathered
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.finish import Learned
from qaadcodec.training.learn import learn
from qaadcodec.training.passes import Passes
from qaadcodec.training.registration import coarse
from qaadcodec.work.checkpoints import Checkpoints
from qaadcodec.work.folder import WorkFolder
from qaadcodec.work.state import State

Array = npt.NDArray[np.float32]
CLOUDS = 7
SHORT = replace(SMALL, training=replace(SMALL.training, epochs=12))
BRIEF = replace(SMALL, training=replace(SMALL.training, epochs=2))
REGISTERED = replace(BRIEF, assignment=replace(BRIEF.assignment, registration=True, evening=3))
WARM = replace(BRIEF, training=replace(BRIEF.training, warmup_epochs=2))


def learnt(clouds: Array, plan: Plan, ranks: Ranks, checkpoints: Checkpoints | None = None) -> Learned:
    """What a set becomes on a rank that has its part of it."""
    total, points, _ = clouds.shape
    part = Part.of(total, ranks)
    boxes = np.stack([clouds.min(1), clouds.max(1)], axis=1).astype(np.float64)
    run = Run(checkpoints=checkpoints or Checkpoints(), seed=3, device="cpu", ranks=ranks)
    with TargetStore(part, points) as store:
        store.points[:] = part.rows(clouds)
        names = tuple(str(i) for i in range(total))
        norm = Normalisation(np.zeros(3), 1.0)
        gathered = Gathered(store, names, total * (points,), norm, boxes, "float32", 0.3)
        return learn(gathered, plan, run)


class Killed(BaseException):
    """Nothing is done in order after this."""


class Dying(Checkpoints):
    """Checkpoints at every chance, after one of which all ranks die."""

    def __init__(self, path: Path, ranks: Ranks, at: int) -> None:
        self.folder, self._at = WorkFolder(path), at
        super().__init__(self.folder, every=1e-9, ranks=ranks)

    def _save(self, name: str, state: Callable[[], State] | None) -> None:
        super()._save(name, state)
        if self.written == self._at:
            self.folder.close()
            raise Killed


def gone_on_with(clouds: Array, plan: Plan, ranks: Ranks, path: Path) -> Learned:
    """What a set becomes from the checkpoint in a folder on."""
    folder = WorkFolder(path)
    try:
        return learnt(clouds, plan, ranks, Checkpoints(folder, every=1e9, found=folder.manifest(), ranks=ranks))
    finally:
        folder.close()


def test_two_ranks_come_near_the_error_of_one(make_planted: Callable[..., Array]) -> None:
    clouds = make_planted(CLOUDS, 80)
    plan = replace(SHORT, training=replace(SHORT.training, epochs=40))
    one = learnt(clouds, plan, ALONE)
    both = shared(2, lambda ranks: learnt(clouds, plan, ranks))
    assert bytes(both[0].encoded) == bytes(both[1].encoded)
    assert both[0].error == both[1].error
    assert both[0].error.sample == CLOUDS
    assert both[0].error.n_em_kd == pytest.approx(one.error.n_em_kd, rel=0.15)
    np.testing.assert_array_equal(both[0].likeness.own, both[1].likeness.own)
    assert len(both[0].likeness.own) == CLOUDS


@pytest.mark.parametrize(
    ("plan", "at", "before", "after"),
    [
        *((BRIEF, 2, 2, 3), (BRIEF, 8, 2, 3), (BRIEF, 8, 2, 1), (BRIEF, 8, 1, 2)),
        *((REGISTERED, 4, 2, 3), (REGISTERED, 27, 2, 3), (REGISTERED, 31, 2, 1)),
        *((WARM, 3, 2, 3), (WARM, 9, 2, 1)),
    ],
)
def test_other_numbers_of_ranks_go_on(
    make_planted: Callable[..., Array],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plan: Plan,
    at: int,
    before: int,
    after: int,
) -> None:
    monkeypatch.setattr(coarse, "steps_for", lambda clouds, training: 24)
    monkeypatch.setattr("qaadcodec.training.host.assign.cores", lambda: 1)
    monkeypatch.setattr("qaadcodec.training.registration.register.cores", lambda: 1)
    clouds = make_planted(CLOUDS, 80)
    with pytest.raises(Killed):
        shared(before, lambda ranks: learnt(clouds, plan, ranks, Dying(tmp_path / "w", ranks, at)))
    archives = shared(after, lambda ranks: gone_on_with(clouds, plan, ranks, tmp_path / "w"))
    assert len({bytes(each.encoded) for each in archives}) == 1
    archive = Encoded.of_bytes(bytes(archives[0].encoded))
    assert (archive.header.clouds, archive.header.epochs) == (CLOUDS, 2)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_pass_shows_every_cloud_once_on_all_ranks_together(size: int) -> None:
    def shown(ranks: Ranks) -> list[list[int]]:
        part = Part.of(CLOUDS, ranks)
        passes, found = Passes(np.random.default_rng(0), part), list[list[int]]()
        for _ in range(3):
            passes.begin(CLOUDS, 4)
            while not passes.over:
                found.append((passes.batch() + part.first).tolist())
        return found

    by_rank = shared(size, shown)
    steps = min(4, -(-CLOUDS // size))  # in every one of them some rank shows a cloud
    assert {len(batches) for batches in by_rank} == {3 * steps}
    for first in range(0, 3 * steps, steps):
        clouds = [cloud for batches in by_rank for batch in batches[first : first + steps] for cloud in batch]
        assert sorted(clouds) == list(range(CLOUDS))


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (2, 3), (3, 2), (2, 2)])
def test_a_pass_that_others_take_up_shows_what_was_not_shown(before: int, after: int) -> None:
    def begun(ranks: Ranks) -> tuple[list[int], dict[str, Any], Any]:
        part = Part.of(CLOUDS, ranks)
        passes = Passes(np.random.default_rng(0), part)
        passes.begin(CLOUDS, 4)
        seen: list[int] = (passes.batch() + part.first).tolist()
        return seen, passes.numbers(), passes.arrays()

    left = shared(before, begun)
    for _, numbers, arrays in left[1:]:
        assert numbers == left[0][1]
        np.testing.assert_array_equal(arrays["order"], left[0][2]["order"])

    def gone_on(ranks: Ranks) -> list[int]:
        part = Part.of(CLOUDS, ranks)
        passes = Passes(np.random.default_rng(9), part)
        passes.go_on(State(left[0][1], left[0][2]))
        found = []
        while not passes.over:
            found += (passes.batch() + part.first).tolist()
        return found

    seen = [cloud for shown, _, _ in left for cloud in shown]
    assert sorted(seen + [cloud for clouds in shared(after, gone_on) for cloud in clouds]) == list(range(CLOUDS))
