"""An `encode` that was killed goes on to the same bytes; and what has changed meanwhile is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from fixtures.left_runs import ALWAYS, Killed

from qaadcodec.archive import ArchiveReader
from qaadcodec.codec.compress import compress
from qaadcodec.codec.encode import encode
from qaadcodec.config import Request
from qaadcodec.errors import CloudError, EnvironmentFailure, UsageError
from qaadcodec.progress import Event, Notice, PhaseStarted, Progress, Run, StopRequest
from qaadcodec.training import fitting
from qaadcodec.work.asked import Work

MakeShape = Callable[..., npt.NDArray[np.float64]]
Put = Callable[[Path, npt.NDArray[np.floating[Any]]], Path]
OFTEN, RESUME = Work(every=ALWAYS), Work(every=ALWAYS, resume=True)
WORK = ".x.qaad.work"


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "Fitting", partial(fitting.Fitting, rounds=2, steps=2, points_per_step=16))
    monkeypatch.setattr(fitting, "TOGETHER", 2)


@pytest.fixture
def more(tmp_path: Path, make_shape: MakeShape, put_cloud: Put) -> Path:
    """Five new clouds, which are fitted in three groups."""
    for i in range(5):
        put_cloud(tmp_path / f"more/n{i}.npy", make_shape(20 + i))
    return tmp_path / "more"


class Ear:
    """Hears of a run, and ends it when so many clouds are fitted.

    Attributes:
        fitted: how far the fitting was each time that it was told.
        phases, notices: what was told.
    """

    def __init__(self, at: int | None = None, end: Callable[[], None] | None = None) -> None:
        self._at, self._end = at, end
        self.fitted: list[int] = []
        self.phases: list[str] = []
        self.notices: list[str] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, PhaseStarted):
            self.phases.append(event.phase)
        if isinstance(event, Notice):
            self.notices.append(event.text)
        if isinstance(event, Progress) and event.phase == "fitting":
            self.fitted.append(event.done)
            if event.done == self._at and self._end:
                self._end()


def killed() -> None:
    raise Killed


def leave(archive: Path, more: Path, output: Path, at: int = 4, **changes: Any) -> None:
    """An encode that is killed when so many clouds are fitted, just before the checkpoint that would say so."""
    run = Run(device="cpu", seed=3, work=OFTEN, listener=Ear(at, killed))
    with pytest.raises(Killed):
        encode(archive, [more], output, run=replace(run, **changes))


def resumed(archive: Path, more: Path, output: Path, ear: Ear | None = None, **changes: Any) -> bytes:
    """The same, gone on with to the end."""
    run = Run(device="cpu", seed=3, work=RESUME, listener=ear or Ear())
    encode(archive, [more], output, run=replace(run, **changes))
    return output.read_bytes()


@pytest.mark.parametrize(("at", "first"), [(2, 2), (4, 4), (5, 5)])
def test_it_comes_to_the_same_bytes(archive: Path, tmp_path: Path, more: Path, at: int, first: int) -> None:
    whole, output = tmp_path / "whole.qaad", tmp_path / "x.qaad"
    encode(archive, [more], whole, run=Run(device="cpu", seed=3))
    leave(archive, more, output, at)
    assert {path.name for path in tmp_path.iterdir()} == {"more", "whole.qaad", WORK}
    ear = Ear()
    assert resumed(archive, more, output, ear) == whole.read_bytes()
    assert ear.fitted[0] == first  # the group that was killed is fitted once more, and none before it
    assert ear.notices[0].startswith(f"going on from the checkpoint in {tmp_path / WORK}: fitting, after ")
    assert {path.name for path in tmp_path.iterdir()} == {"more", "whole.qaad", "x.qaad"}


def test_a_run_without_a_stop_leaves_no_folder_and_a_short_one_makes_none(
    archive: Path, tmp_path: Path, more: Path
) -> None:
    def none(event: Event) -> None:
        assert not (tmp_path / WORK).exists()

    encode(archive, [more], tmp_path / "x.qaad", run=Run(device="cpu", seed=3, listener=none))
    encode(archive, [more], tmp_path / "y.qaad", run=Run(device="cpu", seed=3, work=OFTEN))
    assert {path.name for path in tmp_path.iterdir()} == {"more", "x.qaad", "y.qaad"}
    assert (tmp_path / "x.qaad").read_bytes() == (tmp_path / "y.qaad").read_bytes()


def test_poses_are_found_once(
    tmp_path: Path, scans: Path, tiny: Request, more: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the archive has them: they are in the checkpoint."""
    old, whole = tmp_path / "old.qaad", tmp_path / "whole.qaad"
    compress([scans], old, replace(tiny, align="shift"), run=Run(device="cpu"))
    encode(old, [more], whole, run=Run(device="cpu", seed=3))
    leave(old, more, tmp_path / "x.qaad")
    monkeypatch.setattr("qaadcodec.codec.encode.frame_of", None)
    assert resumed(old, more, tmp_path / "x.qaad") == whole.read_bytes()
    with ArchiveReader(whole) as reader:
        poses = reader.poses()
        assert poses is not None
        assert len(poses.shifts) == 9


def test_it_is_not_begun_anew_unasked(archive: Path, tmp_path: Path, more: Path) -> None:
    leave(archive, more, tmp_path / "x.qaad")
    with pytest.raises(EnvironmentFailure, match=r"x\.qaad\.work keeps an unfinished run \(fitting, after ") as failure:
        encode(archive, [more], tmp_path / "x.qaad", run=Run(device="cpu", seed=3))
    assert failure.value.hint == "--resume goes on with it; delete the folder to start again"


def test_what_has_changed_is_named(
    archive: Path, tmp_path: Path, more: Path, make_shape: MakeShape, tiny: Request
) -> None:
    output, grown = tmp_path / "x.qaad", tmp_path / "grown.qaad"
    leave(archive, more, output)
    with pytest.raises(UsageError, match=r"begun with other options: seed was 3, and is 4$"):
        resumed(archive, more, output, seed=4)
    with pytest.raises(UsageError, match=r"begun with other options: budget_seconds was not given, and is 60\.0$"):
        encode(archive, [more], output, run=replace(Run(device="cpu", seed=3).within(60.0), work=RESUME))
    encode(archive, [more / "n0.npy"], grown, run=Run(device="cpu"))
    with pytest.raises(UsageError, match=r"begun with other options: archive was 4 clouds, .*, and is 5 clouds, "):
        resumed(grown, more, output)
    with pytest.raises(UsageError, match=r"work keeps an unfinished run of encode, and this is compress$"):
        compress([more], output, tiny, run=Run(device="cpu", work=RESUME))
    np.save(more / "n3.npy", make_shape(70))
    (more / "n1.npy").rename(more / "n9.npy")
    with pytest.raises(CloudError, match=r"with other clouds: n1 is missing; n9 is new; n3 is changed$"):
        resumed(archive, more, output)
    assert not output.exists()


def test_told_to_end_it_leaves_what_was_fitted_and_goes_on_later(archive: Path, tmp_path: Path, more: Path) -> None:
    """As SIGTERM does. The group that was ended early is in the archive that is left, and fitted anew afterwards."""
    whole, output = tmp_path / "whole.qaad", tmp_path / "x.qaad"
    encode(archive, [more], whole, run=Run(device="cpu", seed=3))
    stop = StopRequest()
    ear = Ear(2, lambda: stop.set(to_go_on=True))
    summary = encode(archive, [more], output, run=Run(device="cpu", seed=3, work=OFTEN, listener=ear, stop=stop))
    assert (summary.added, summary.interrupted, summary.unfitted) == (2, True, 3)
    assert ear.notices[-1].startswith(f"the last checkpoint stays in {tmp_path / WORK}; the same command with --resume")
    assert resumed(archive, more, output) == whole.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"more", "whole.qaad", "x.qaad"}
